#include "net/client/http_client.hpp"

#include "net/client/http_call.hpp"

#include <boost/asio/ssl/verify_mode.hpp>
#include <boost/beast/core/string.hpp>
#include <openssl/ssl.h>

#include <stdexcept>
#include <utility>

namespace parlance::net {

std::string_view HttpHead::field(std::string_view name) const {
  for (const auto& [field_name, value] : fields) {
    if (boost::beast::iequals(field_name, boost::beast::string_view(name.data(), name.size()))) {
      return value;
    }
  }
  return {};
}

HttpClientCore::HttpClientCore(boost::asio::io_context& context, HttpClientOptions client_options)
    : io(context),
      options(std::move(client_options)),
      tls(boost::asio::ssl::context::tls_client),
      pool(std::make_shared<ConnectionPool>(
          context, options.connections_idle_max, options.idle_time_max)) {
  SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION);
  tls.set_verify_mode(boost::asio::ssl::verify_peer);
  boost::system::error_code error;
  if (options.ca_file.empty()) {
    tls.set_default_verify_paths(error);
  } else {
    tls.load_verify_file(options.ca_file, error);
  }
  if (error) {
    throw std::runtime_error("cannot read the certificates of " +
                             (options.ca_file.empty() ? "the system" : options.ca_file) + ": " +
                             error.message());
  }
}

HttpClient::HttpClient(boost::asio::io_context& io, HttpClientOptions options)
    : core_(std::make_shared<HttpClientCore>(io, std::move(options))) {}

HttpClient::~HttpClient() {
  core_->pool->close();
}

CancelHttp HttpClient::start(HttpRequest request, HttpEvents events) {
  const auto call = std::make_shared<HttpCall>(core_, std::move(request), std::move(events));
  call->start();
  return [weak = std::weak_ptr(call)] {
    if (const auto running = weak.lock()) running->cancel();
  };
}

std::size_t HttpClient::connections_idle() const {
  return core_->pool->idle();
}

}  // namespace parlance::net
