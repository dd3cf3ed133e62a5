// A self-signed certificate made for one test, and a server's TLS context that shows it.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

namespace parlance::net {

class TestCertificate {
 public:
  // `names` as OpenSSL writes them: "DNS:localhost,IP:127.0.0.1".
  TestCertificate(const std::string& names, const std::filesystem::path& file)
      : key_(EVP_EC_gen("P-256"), EVP_PKEY_free),
        certificate_(X509_new(), X509_free) {
    X509* certificate = certificate_.get();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3'600);
    X509_set_pubkey(certificate, key_.get());
    X509_NAME* name = X509_get_subject_name(certificate);
    const auto* text = reinterpret_cast<const unsigned char*>("test");
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509_EXTENSION* extension =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    if (X509_sign(certificate, key_.get(), EVP_sha256()) == 0)
      throw std::runtime_error("X509_sign");

    FILE* stream = std::fopen(file.c_str(), "w");
    if (stream == nullptr) throw std::runtime_error("cannot write " + file.string());
    PEM_write_X509(stream, certificate);
    std::fclose(stream);
    SSL_CTX_use_certificate(server_.native_handle(), certificate);
    SSL_CTX_use_PrivateKey(server_.native_handle(), key_.get());
  }

  boost::asio::ssl::context& server() { return server_; }

 private:
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
  std::unique_ptr<X509, decltype(&X509_free)> certificate_;
  boost::asio::ssl::context server_{boost::asio::ssl::context::tls_server};
};

}  // namespace parlance::net
