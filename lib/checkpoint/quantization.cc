#include "lib/checkpoint/quantization.h"

namespace talaria {

Status CheckQuantization(const JsonFields& config) {
  // compression_config is what compressed-tensors wrote before quantization_config.
  for (const std::string_view key : {"quantization_config", "compression_config"}) {
    const json::Value* value = config.Find(key);
    if (value == nullptr) continue;
    TALARIA_ASSIGN_OR_RETURN(const JsonFields fields, JsonFields::Of(*value, key));
    TALARIA_ASSIGN_OR_RETURN(const std::string method, fields.Text("quant_method"));
    return Unimplemented(key, ".quant_method ", Quoted(method),
                         " is not known here (unquantised weights are)");
  }
  return absl::OkStatus();
}

}  // namespace talaria
