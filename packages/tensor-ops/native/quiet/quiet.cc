// A Node-API module of its own, linked with nothing: TensorFlow's libraries print lines to standard error while they are being
// loaded, before any log level of theirs is in force, so whoever wants quiet must hold standard error from outside.
#include <fcntl.h>
#include <node_api.h>
#include <unistd.h>

namespace {

int saved = -1;

// silence(): standard error goes nowhere until restore().
napi_value silence(napi_env, napi_callback_info) {
    if (saved >= 0) return nullptr;
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere < 0) return nullptr;
    saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    if (saved >= 0) dup2(nowhere, STDERR_FILENO);
    close(nowhere);
    return nullptr;
}

napi_value restore(napi_env, napi_callback_info) {
    if (saved < 0) return nullptr;
    dup2(saved, STDERR_FILENO);
    close(saved);
    saved = -1;
    return nullptr;
}

napi_value init(napi_env env, napi_value exports) {
    const napi_property_descriptor properties[] = {
        {"silence", nullptr, silence, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
        {"restore", nullptr, restore, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
    };
    napi_define_properties(env, exports, sizeof(properties) / sizeof(properties[0]), properties);
    return exports;
}

}  // namespace

NAPI_MODULE(icconv_quiet, init)
