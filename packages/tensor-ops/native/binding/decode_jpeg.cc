// Pictures by the JPEG decoder (libjpeg-turbo) that is in TensorFlow's library, on the threads of libuv.
//
//   decodeJpeg(bytes, maxPixels, wantsSums) -> promise of { data, height, width, sums }
//     data [height, width, 3], 8 bits; sums of each channel if asked for. Of undefined for what has not three components, has more pixels,
//     or gives the decoder reason for an error or a warning.
#include <node_api.h>

#include <cstdint>
#include <cstdlib>
#include <memory>

// TensorFlow's header of the decoder wants libjpeg's, which its packages lack; of that it takes this alone.
#define TENSORFLOW_CORE_PLATFORM_JPEG_H_
typedef enum { JDCT_ISLOW, JDCT_IFAST, JDCT_FLOAT } J_DCT_METHOD;
#define JDCT_DEFAULT JDCT_ISLOW
#include "tensorflow/core/lib/jpeg/jpeg_mem.h"

namespace icconv {

napi_value decode_jpeg(napi_env env, napi_callback_info info);

namespace {

constexpr int RGB = 3;

struct Job {
    napi_async_work work = nullptr;
    napi_deferred deferred = nullptr;
    // Keeps the bytes alive.
    napi_ref input = nullptr;
    const uint8_t* bytes = nullptr;
    size_t size = 0;
    double max_pixels = 0;
    bool wants_sums = false;

    // Null where this decoder is not the one to decode it.
    uint8_t* pixels = nullptr;
    int height = 0;
    int width = 0;
    double sums[RGB] = {};
};

void decode(napi_env, void* data) {
    Job& job = *static_cast<Job*>(data);
    int components = 0;
    if (job.size > INT32_MAX) return;
    const int size = static_cast<int>(job.size);
    if (!tensorflow::jpeg::GetImageInfo(job.bytes, size, &job.width, &job.height, &components)) return;
    // Of grey and CMYK the conversion is not ours to choose here.
    if (components != RGB || static_cast<double>(job.width) * job.height > job.max_pixels) return;
    tensorflow::jpeg::UncompressFlags flags;
    flags.components = RGB;
    flags.dct_method = JDCT_ISLOW;
    int64_t warnings = 0;
    uint8_t* allocated = nullptr;
    const uint8_t* done = tensorflow::jpeg::Uncompress(job.bytes, size, flags, &warnings, [&](int width, int height, int) {
        return allocated = static_cast<uint8_t*>(std::malloc(static_cast<size_t>(width) * height * RGB));
    });
    if (done == nullptr || warnings > 0) {
        std::free(allocated);
        return;
    }
    job.pixels = allocated;
    if (!job.wants_sums) return;
    const size_t count = static_cast<size_t>(job.width) * job.height;
    uint64_t red = 0, green = 0, blue = 0;
    for (size_t i = 0; i < count; ++i) {
        red += allocated[RGB * i];
        green += allocated[RGB * i + 1];
        blue += allocated[RGB * i + 2];
    }
    job.sums[0] = static_cast<double>(red);
    job.sums[1] = static_cast<double>(green);
    job.sums[2] = static_cast<double>(blue);
}

void set_number(napi_env env, napi_value object, const char* name, double value) {
    napi_value number;
    napi_create_double(env, value, &number);
    napi_set_named_property(env, object, name, number);
}

napi_value result_of(napi_env env, Job& job) {
    napi_value result;
    napi_get_undefined(env, &result);
    if (job.pixels == nullptr) return result;
    const size_t bytes = static_cast<size_t>(job.width) * job.height * RGB;
    const auto release = [](napi_env, void* pixels, void*) { std::free(pixels); };
    napi_value buffer, data;
    if (napi_create_external_arraybuffer(env, job.pixels, bytes, release, nullptr, &buffer) != napi_ok) {
        std::free(job.pixels);
        return result;
    }
    napi_create_object(env, &result);
    napi_create_typedarray(env, napi_uint8_array, bytes, buffer, 0, &data);
    napi_set_named_property(env, result, "data", data);
    set_number(env, result, "height", job.height);
    set_number(env, result, "width", job.width);
    if (!job.wants_sums) return result;
    napi_value sums;
    napi_create_array_with_length(env, RGB, &sums);
    for (uint32_t i = 0; i < RGB; ++i) {
        napi_value sum;
        napi_create_double(env, job.sums[i], &sum);
        napi_set_element(env, sums, i, sum);
    }
    napi_set_named_property(env, result, "sums", sums);
    return result;
}

void complete(napi_env env, napi_status, void* data) {
    const std::unique_ptr<Job> job(static_cast<Job*>(data));
    napi_resolve_deferred(env, job->deferred, result_of(env, *job));
    napi_delete_reference(env, job->input);
    napi_delete_async_work(env, job->work);
}

}  // namespace

napi_value decode_jpeg(napi_env env, napi_callback_info info) {
    size_t argc = 3;
    napi_value arguments[3];
    auto job = std::make_unique<Job>();
    void* bytes = nullptr;
    napi_typedarray_type type = napi_int8_array;
    if (napi_get_cb_info(env, info, &argc, arguments, nullptr, nullptr) != napi_ok || argc != 3 ||
        napi_get_typedarray_info(env, arguments[0], &type, &job->size, &bytes, nullptr, nullptr) != napi_ok || type != napi_uint8_array ||
        napi_get_value_double(env, arguments[1], &job->max_pixels) != napi_ok ||
        napi_get_value_bool(env, arguments[2], &job->wants_sums) != napi_ok) {
        napi_throw_type_error(env, nullptr, "decodeJpeg: expected a Uint8Array, a number of pixels and whether sums are wanted");
        return nullptr;
    }
    job->bytes = static_cast<const uint8_t*>(bytes);
    napi_value promise, name;
    napi_create_reference(env, arguments[0], 1, &job->input);
    napi_create_promise(env, &job->deferred, &promise);
    napi_create_string_utf8(env, "icconv decodeJpeg", NAPI_AUTO_LENGTH, &name);
    napi_create_async_work(env, nullptr, name, decode, complete, job.get(), &job->work);
    napi_queue_async_work(env, job.release()->work);
    return promise;
}

}  // namespace icconv
