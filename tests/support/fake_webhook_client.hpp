// A WebhookClient that answers when the test lets it.
#pragma once

#include "runtime/ports/webhooks.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace parlance::tests {

class FakeWebhookClient : public WebhookClient {
 public:
  struct Post {
    Delivery delivery;
    std::function<void(WebhookAnswer)> answered;  // empty once it was
    bool cancelled = false;
  };

  CancelWebhook post(const Delivery& delivery,
                     std::function<void(WebhookAnswer)> answered) override {
    posts.push_back(std::make_shared<Post>(Post{delivery, std::move(answered)}));
    return [post = posts.back()] { post->cancelled = true; };
  }

  void answer(std::size_t post, WebhookAnswer answer) {
    std::exchange(posts.at(post)->answered, nullptr)(std::move(answer));
  }
  void answer(std::size_t post, unsigned status) { answer(post, {status, {}, {}}); }

  std::vector<std::shared_ptr<Post>> posts;
};

}  // namespace parlance::tests
