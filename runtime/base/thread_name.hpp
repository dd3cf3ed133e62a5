// What a thread is called in top -H, ps -L and debuggers.
#pragma once

#include <pthread.h>

namespace parlance {

// Of the thread that calls. At most 15 bytes: a longer name is not taken.
inline void name_this_thread(const char* name) {
  pthread_setname_np(pthread_self(), name);
}

}  // namespace parlance
