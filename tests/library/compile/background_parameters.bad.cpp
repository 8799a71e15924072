// gcc /takes Database& first/
// clang /takes Database& first/
#include <lockkeeper/background.hpp>

void publish(lockkeeper::Background& work) {
  work.run([](int post) { static_cast<void>(post); }, 17);
}
