// A network as a function of TensorFlow, as network-function.ts writes it for a GPU and for the CPU: the same numbers, in one call, on the devices
// where its ops have kernels. TensorFlow's own library for the CPU has none for a GPU, so its Conv2D, MaxPool and sums run on the CPU here.
#include <fstream>
#include <sstream>

#include "cuda/emulation/device/gpu_ops.h"
#include "google/protobuf/text_format.h"
#include "tensorflow/core/framework/function.pb.h"

namespace {

using namespace icconv;
using namespace icconv::gpu_ops;

// The text of network.<device>.pbtxt as a function called `name`.
void add_network(const std::string& device, const char* name) {
    const char* const folder = std::getenv("ICCONV_NATIVE_SOURCES");
    EXPECT(folder != nullptr);
    std::ifstream file(std::string(folder) + "/cuda/emulation/device/network." + device + ".pbtxt");
    std::stringstream text;
    text << file.rdbuf();
    tensorflow::FunctionDef function;
    EXPECT(google::protobuf::TextFormat::ParseFromString(text.str(), &function));
    function.mutable_signature()->set_name(name);
    // Where there is a GPU, ops with kernels for both would go there, and filters are packed for the CPU.
    if (device == "cpu") {
        for (auto& node : *function.mutable_node_def()) node.set_device("/device:CPU:0");
    }
    const std::string bytes = function.SerializeAsString();
    Status status;
    TFE_ContextAddFunctionDef(context(), bytes.data(), bytes.size(), status);
    status.need(name);
}

using Attributes = std::vector<std::pair<std::string, Attribute>>;

// dH, dW of the 32 channels of sample-program.ts.
Attributes inception(const char* more, int64_t value) {
    std::vector<int64_t> dilations;
    for (int64_t c = 0; c < 32; ++c) dilations.insert(dilations.end(), {1 + c % 3, 1 + c % 2});
    Attributes attributes = {{"dilations", dilations}, {"strides", std::vector<int64_t>{1, 1}}};
    if (more != nullptr) attributes.push_back({more, value});
    return attributes;
}

std::vector<Result> run_network(const char* name, const char* device, const Values& image, const std::vector<Values>& filters,
                                const std::vector<Values>& biases) {
    const bool on_gpu = device == kGpu;
    std::vector<TFE_TensorHandle*> inputs = {place(image, device), place({{0}, {}, {}}, device)};
    for (size_t i = 0; i < filters.size(); ++i) {
        std::string failure;
        std::vector<TFE_TensorHandle*> packed = {place(filters[i], device)};
        if (i == 2) packed = execute("IcconvInceptionConv2DPack", inception(nullptr, 0), packed, 1, device, &failure);
        else if (!on_gpu) packed = execute("IcconvConv2DPack", {{"groups", int64_t{i == 3 ? 4 : 1}}, {"algorithm", std::string("direct")}}, packed, 1, device, &failure);
        if (!failure.empty()) std::printf("%s\n", failure.c_str());
        EXPECT(failure.empty());
        inputs.push_back(packed[0]);
        inputs.push_back(place(biases[i], device));
    }
    std::string failure;
    // As TensorFlow.js' binding calls it: no device is named.
    const std::vector<TFE_TensorHandle*> outputs = execute(name, {}, inputs, 3, nullptr, &failure);
    std::vector<Result> results(3);
    for (Result& result : results) result.failure = failure;
    for (size_t i = 0; i < outputs.size(); ++i) results[i] = read(outputs[i]);
    return results;
}

TEST(gpu_ops_network) {
    add_network("gpu", "network_on_gpu");
    add_network("cpu", "network_on_cpu");
    const std::vector<Values> filters = {random_values({3, 3, 3, 24}), random_values({1, 1, 24, 16}), random_values({3, 3, 16, 32}), random_values({3, 3, 8, 24})};
    const std::vector<Values> biases = {random_values({24}), random_values({16}), random_values({32}), random_values({24})};
    for (const std::vector<int64_t>& shape : {std::vector<int64_t>{2, 13, 11, 3}, {1, 24, 17, 3}, {1, 1, 1, 3}}) {
        const Values image = random_values(shape);
        const std::vector<Result> cpu = run_network("network_on_cpu", kCpu, image, filters, biases);
        const std::vector<Result> gpu = run_network("network_on_gpu", kGpu, image, filters, biases);
        for (int i = 0; i < 3; ++i) {
            if (!cpu[i].failure.empty() || !gpu[i].failure.empty()) std::printf("%s %s\n", cpu[i].failure.c_str(), gpu[i].failure.c_str());
            EXPECT(cpu[i].failure.empty() && gpu[i].failure.empty() && gpu[i].shape == cpu[i].shape && !gpu[i].floats.empty());
            float largest = 0;
            for (const float v : cpu[i].floats) largest = std::fmax(largest, std::abs(v));
            float worst = 0;
            for (size_t k = 0; k < gpu[i].floats.size(); ++k) worst = std::fmax(worst, std::abs(gpu[i].floats[k] - cpu[i].floats[k]));
            if (!(worst <= 1e-5f * largest)) std::printf("output %d: error %g of %g\n", i, worst, largest);
            EXPECT(worst <= 1e-5f * largest);
        }
        // What our own kernels made stays where they ran.
        EXPECT(gpu[1].device == kGpu && gpu[2].device == kGpu);
    }
    const Values image = random_values({1, 9, 8, 3});
    const auto inception_map = [&] { return run_network("network_on_gpu", kGpu, image, filters, biases)[2].floats; };
    const std::vector<float> plain = inception_map();
    // The precision of its inception layers is that of the call.
    const WithPrecision with(Precision::kBfloat16);
    const std::vector<float> halves = inception_map();
    EXPECT(halves != plain && halves.size() == plain.size());
}

// The context's own refusal names the layer, as network-function.ts reads it.
TEST(gpu_ops_network_names_the_layer) {
    add_network("gpu", "network_that_fails");
    const std::vector<Values> filters = {random_values({3, 3, 3, 24}), random_values({1, 1, 24, 16}), random_values({3, 3, 16, 32}), random_values({3, 3, 8, 24})};
    const std::vector<Values> biases = {random_values({24}), random_values({5}), random_values({32}), random_values({24})};
    const std::string failure = run_network("network_that_fails", kGpu, random_values({1, 9, 8, 3}), filters, biases)[0].failure;
    EXPECT(failure.find("bias must have shape [0] or [16]") != std::string::npos && failure.find("{{node s2/layer1.0.conv1}}") != std::string::npos);
}

}  // namespace
