// What module.cc has of functions.cc.
#ifndef ICCONV_BINDING_FUNCTIONS_H_
#define ICCONV_BINDING_FUNCTIONS_H_

#include <node_api.h>

namespace icconv {

// openBinding(file): the context is that of this binding, which is loaded already. Gives whether it has one to give.
napi_value open_binding(napi_env env, napi_callback_info info);
// addFunction(text): throws where TensorFlow refuses it.
napi_value add_function(napi_env env, napi_callback_info info);
// removeFunction(name): and the kernels that it was made into.
napi_value remove_function(napi_env env, napi_callback_info info);

}  // namespace icconv

#endif  // ICCONV_BINDING_FUNCTIONS_H_
