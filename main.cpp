#include "commands.hpp"

int main(int argc, char** argv) {
  return parlance::run_command(argc, argv);
}
