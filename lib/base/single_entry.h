#ifndef TALARIA_LIB_BASE_SINGLE_ENTRY_H_
#define TALARIA_LIB_BASE_SINGLE_ENTRY_H_

#include <atomic>

namespace talaria {

// Finds a second thread inside an object that is for one thread at a time: not a lock, nobody waits.
class SingleEntry {
 public:
  class Scope {
   public:
    explicit Scope(SingleEntry* entry) : entry_(entry), entered_(!entry->inside_.exchange(true)) {}
    ~Scope() {
      if (entered_) entry_->inside_.store(false);
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    // False: another thread is inside; the caller answers FAILED_PRECONDITION.
    bool entered() const { return entered_; }

   private:
    SingleEntry* const entry_;
    const bool entered_;
  };

 private:
  std::atomic<bool> inside_{false};
};

}  // namespace talaria

#endif  // TALARIA_LIB_BASE_SINGLE_ENTRY_H_
