#ifndef TALARIA_CAPI_STRUCTS_H_
#define TALARIA_CAPI_STRUCTS_H_

#include <algorithm>
#include <cstring>

#include "lib/base/status.h"

namespace talaria::capi {

// No struct of ours comes near it; a struct_size beyond is not one that was set.
inline constexpr uint32_t kMaxStructSize = 1u << 12;

// Whether T of some version may have this struct_size. Every one of them is a multiple of T's alignment, now and later,
// because every size that was ever published is one of 8; so no field is ever cut, which matters where it is a pointer.
template <typename T>
constexpr bool IsStructSize(uint32_t struct_size) {
  static_assert(sizeof(T) % 8 == 0 && alignof(T) <= 8 && sizeof(T) <= kMaxStructSize);
  return struct_size >= 8 && struct_size <= kMaxStructSize && struct_size % alignof(T) == 0;
}

template <typename T>
Status CheckStructSize(uint32_t struct_size, std::string_view name) {
  if (IsStructSize<T>(struct_size)) return absl::OkStatus();
  return InvalidArgument(name, ": struct_size: expected the struct's size, found ", struct_size,
                         " (begin with its _INIT macro)");
}

// struct_size stands first in every struct.
template <typename T>
uint32_t StructSizeOf(const T* given) {
  uint32_t struct_size = 0;
  std::memcpy(&struct_size, given, sizeof(struct_size));
  return struct_size;
}

// Copies the caller's struct, which may be older (shorter: the rest keeps what *own* has) or newer (longer: refused
// where the part not known here is not zero). *given* NULL: *own stays as it is.
template <typename T>
Status ReadStruct(const T* given, std::string_view name, T* own) {
  if (given == nullptr) return absl::OkStatus();
  const uint32_t struct_size = StructSizeOf(given);
  TALARIA_RETURN_IF_ERROR(CheckStructSize<T>(struct_size, name));
  const auto* bytes = reinterpret_cast<const unsigned char*>(given);
  for (uint32_t i = sizeof(T); i < struct_size; ++i) {
    if (bytes[i] != 0) {
      return InvalidArgument(name, ": byte ", i, " is set, and this library knows ", sizeof(T), " of its ",
                             struct_size, " bytes");
    }
  }
  std::memcpy(own, given, std::min<size_t>(sizeof(T), struct_size));
  own->struct_size = sizeof(T);
  return absl::OkStatus();
}

// Fills the caller's struct as far as it goes; its struct_size stays.
template <typename T>
Status WriteStruct(const T& own, std::string_view name, T* given) {
  if (given == nullptr) return InvalidArgument(name, ": expected a pointer, found NULL");
  const uint32_t struct_size = StructSizeOf(given);
  TALARIA_RETURN_IF_ERROR(CheckStructSize<T>(struct_size, name));
  constexpr size_t kHead = sizeof(uint32_t);
  const size_t end = std::min<size_t>(sizeof(T), struct_size);
  std::memcpy(reinterpret_cast<unsigned char*>(given) + kHead, reinterpret_cast<const unsigned char*>(&own) + kHead,
              end - kHead);
  return absl::OkStatus();
}

// INVALID_ARGUMENT unless the output can be written by WriteStruct: asked before any work is done.
template <typename T>
Status CheckOutputStruct(const T* given, std::string_view name) {
  if (given == nullptr) return InvalidArgument(name, ": expected a pointer, found NULL");
  return CheckStructSize<T>(StructSizeOf(given), name);
}

// Zeroes what WriteStruct would fill: every call begins with it, so that an output holds nothing where the call fails.
template <typename T>
void ClearOutputStruct(T* given) noexcept {
  if (given == nullptr || !IsStructSize<T>(StructSizeOf(given))) return;
  constexpr size_t kHead = sizeof(uint32_t);
  const size_t end = std::min<size_t>(sizeof(T), StructSizeOf(given));
  std::memset(reinterpret_cast<unsigned char*>(given) + kHead, 0, end - kHead);
}

}  // namespace talaria::capi

#endif  // TALARIA_CAPI_STRUCTS_H_
