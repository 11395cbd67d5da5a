#include "lib/checkpoint/rope_fields.h"

#include <tuple>

namespace talaria {
namespace {

// What transformers takes where a Llama config names no theta.
constexpr double kDefaultTheta = 10000;
// Below 1 frequencies would grow with the dimension; the upper bound only stops absurd numbers.
constexpr NumberRange kTheta = {1, 1e18};
constexpr NumberRange kFactor = {1, 1e9};
constexpr NumberRange kFrequencyFactor = {0, 1e9, /*above_least=*/true};
constexpr IntegerRange kPositions = {1, std::numeric_limits<int32_t>::max()};

// The type under rope_type, or type as it was called first; empty where there is neither.
StatusOr<std::string> ReadType(const JsonFields& rope) {
  TALARIA_ASSIGN_OR_RETURN(const std::optional<std::string> type, rope.OptionalText("rope_type"));
  TALARIA_ASSIGN_OR_RETURN(const std::optional<std::string> old_type, rope.OptionalText("type"));
  if (type.has_value() && old_type.has_value() && *type != *old_type) {
    return InvalidArgument(rope.NameOfField("rope_type"), ": ", Quoted(*type), " contradicts ",
                           rope.NameOfField("type"), " ", Quoted(*old_type));
  }
  return type.has_value() ? *type : old_type.value_or("");
}

StatusOr<RopeScaling> ReadScaling(const JsonFields& rope, std::string_view type) {
  RopeScaling scaling;
  if (type == "default") return scaling;
  if (type != "linear" && type != "llama3") {
    return Unimplemented(rope.NameOfField("rope_type"), ": ", Quoted(type),
                         " is not known here (default, linear and llama3 are)");
  }
  TALARIA_ASSIGN_OR_RETURN(scaling.factor, rope.Number("factor", kFactor));
  if (type == "linear") {
    scaling.kind = RopeScalingKind::kLinear;
    return scaling;
  }
  scaling.kind = RopeScalingKind::kLlama3;
  TALARIA_ASSIGN_OR_RETURN(scaling.low_freq_factor, rope.Number("low_freq_factor", kFrequencyFactor));
  TALARIA_ASSIGN_OR_RETURN(scaling.high_freq_factor, rope.Number("high_freq_factor", kFrequencyFactor));
  TALARIA_ASSIGN_OR_RETURN(scaling.original_max_position_embeddings,
                           rope.Integer("original_max_position_embeddings", kPositions));
  if (scaling.low_freq_factor >= scaling.high_freq_factor) {
    return InvalidArgument(rope.NameOfField("low_freq_factor"), ": expected less than high_freq_factor (",
                           scaling.high_freq_factor, "), found ", scaling.low_freq_factor);
  }
  return scaling;
}

// rope_scaling must say its type. rope_parameters need not where it holds no more than a theta.
StatusOr<RopeScaling> ReadScalingObject(const JsonFields& rope, bool type_required) {
  TALARIA_ASSIGN_OR_RETURN(std::string type, ReadType(rope));
  if (type.empty()) {
    if (type_required || rope.Find("factor") != nullptr) {
      return InvalidArgument(rope.NameOfField("rope_type"), ": expected a string, found nothing");
    }
    type = "default";
  }
  return ReadScaling(rope, type);
}

auto AsTuple(const RopeScaling& scaling) {
  return std::make_tuple(scaling.kind, scaling.factor, scaling.low_freq_factor, scaling.high_freq_factor,
                         scaling.original_max_position_embeddings);
}

// Takes up *found* as the theta, unless another was taken up before that differs.
Status TakeTheta(const JsonFields& fields, std::optional<double>* theta) {
  TALARIA_ASSIGN_OR_RETURN(const std::optional<double> found, fields.OptionalNumber("rope_theta", kTheta));
  if (!found.has_value()) return absl::OkStatus();
  if (theta->has_value() && **theta != *found) {
    return InvalidArgument(fields.NameOfField("rope_theta"), ": ", *found, " contradicts rope_theta ",
                           **theta);
  }
  *theta = found;
  return absl::OkStatus();
}

}  // namespace

StatusOr<RopeConfig> ReadRopeConfig(const JsonFields& config) {
  RopeConfig rope;
  std::optional<double> theta;
  TALARIA_RETURN_IF_ERROR(TakeTheta(config, &theta));
  const json::Value* old_form = config.Find("rope_scaling");
  if (old_form != nullptr) {
    TALARIA_ASSIGN_OR_RETURN(const JsonFields fields, JsonFields::Of(*old_form, "rope_scaling"));
    TALARIA_ASSIGN_OR_RETURN(rope.scaling, ReadScalingObject(fields, /*type_required=*/true));
    TALARIA_RETURN_IF_ERROR(TakeTheta(fields, &theta));
  }
  if (const json::Value* new_form = config.Find("rope_parameters")) {
    TALARIA_ASSIGN_OR_RETURN(const JsonFields fields, JsonFields::Of(*new_form, "rope_parameters"));
    TALARIA_ASSIGN_OR_RETURN(const RopeScaling scaling, ReadScalingObject(fields, /*type_required=*/false));
    TALARIA_RETURN_IF_ERROR(TakeTheta(fields, &theta));
    if (old_form != nullptr && AsTuple(scaling) != AsTuple(rope.scaling)) {
      return InvalidArgument("rope_parameters: contradicts rope_scaling");
    }
    rope.scaling = scaling;
  }
  rope.theta = theta.value_or(kDefaultTheta);
  return rope;
}

}  // namespace talaria
