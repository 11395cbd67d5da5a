// talaria inspect: what a checkpoint is and what it would take.
#include <cstdio>
#include <memory>

#include "command.h"

namespace talaria::cli {
namespace {

struct InspectOptions : ModelOptions {
  bool load = false;
  bool json = false;
};

double Gigabytes(uint64_t bytes) { return static_cast<double>(bytes) / (1 << 30); }

void PrintPlan(const talaria_memory_plan& plan) {
  const struct {
    const char* name;
    uint64_t bytes;
  } rows[] = {{"weights in the files", plan.file_bytes},
              {"weights in memory", plan.weight_bytes},
              {"cache", plan.cache_bytes},
              {"scratch of a step", plan.scratch_bytes},
              {"one session", plan.session_bytes},
              {"peak", plan.peak_bytes},
              {"available now", plan.available_bytes}};
  std::printf("memory plan\n");
  for (const auto& row : rows) {
    if (row.bytes == UINT64_MAX) {
      std::printf("  %-22s not known\n", row.name);
      continue;
    }
    std::printf("  %-22s %14.3f GiB  %18llu bytes\n", row.name, Gigabytes(row.bytes),
                static_cast<unsigned long long>(row.bytes));
  }
}

Status Inspect(const InspectOptions& options) {
  Result<Runtime> runtime = MakeRuntime(options);
  if (!runtime.ok()) return runtime.status();
  if (options.load) {
    Result<Model> model = OpenModel(&*runtime, options);
    if (!model.ok()) return model.status();
    const talaria_model_info info = model->Info();
    std::printf("ok: %s: %llu parameters, %llu bytes of weights\n", options.path.c_str(),
                static_cast<unsigned long long>(info.parameter_count),
                static_cast<unsigned long long>(info.weight_bytes));
    return Status();
  }
  Result<std::string> description = runtime->Describe(options.path);
  if (!description.ok()) return description.status();
  if (options.json) {
    std::printf("%s\n", description->c_str());
    return Status();
  }
  talaria_model_config config = TALARIA_MODEL_CONFIG_INIT;
  config.backend = options.backend.data();
  config.backend_bytes = options.backend.size();
  config.ranks = options.ranks;
  Result<talaria_memory_plan> plan = runtime->Plan(options.path, &config);
  if (!plan.ok()) return plan.status();
  std::fputs(DescriptionText(*description).c_str(), stdout);
  PrintPlan(*plan);
  return Status();
}

}  // namespace

void AddInspect(CLI::App* app, Action* action) {
  const auto options = std::make_shared<InspectOptions>();
  CLI::App* command =
      app->add_subcommand("inspect", "Say what a checkpoint is, and what memory it would take.");
  AddModelOptions(command, options.get());
  command->add_flag("--load", options->load, "Open it fully, as a host would, and say ok or the error.");
  command->add_flag("--json", options->json, "The description as JSON, all tensors in it.");
  command->footer("Example:\n  talaria inspect hermes-3-8b\n  talaria inspect --load hermes-3-8b");
  command->callback([options, action] { *action = [options] { return Inspect(*options); }; });
}

}  // namespace talaria::cli
