#include "lib/base/status.h"

namespace talaria {

Status Annotate(const Status& status, std::string_view prefix) {
  if (status.ok()) return status;
  return Status(status.code(), Cat(prefix, ": ", Message(status)));
}

}  // namespace talaria
