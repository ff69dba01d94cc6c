// Against the same layers one after the other, and with broken programs.
#include "ops/conv_program/conv_program.h"

#include <cstdlib>
#include <cstring>
#include <memory>

#include "common/memory.h"
#include "common/test.h"
#include "common/thread_executor.h"
#include "ops/conv2d/conv2d.h"
#include "ops/max_pool2d/max_pool2d.h"

namespace {

using namespace icconv;

struct Free {
    void operator()(float* p) const { std::free(p); }
};
using Floats = std::unique_ptr<float, Free>;
Floats aligned(size_t floats) { return Floats(static_cast<float*>(std::aligned_alloc(64, (floats * sizeof(float) + 63) / 64 * 64 + 64))); }

Array<float> random_floats(test::Random& random, size_t n) {
    Array<float> values(n);
    for (float& v : values) v = random.uniform(-1, 1);
    return values;
}

// Image [2, 13, 11, 3]; 1: 3x3 stride 2, 24 channels; 2: max pool; 3: 1x1, 16; 4: inception 3x3, 24; 5: 3x3 with residual 2; 6: 4 + 5.
struct Network {
    SerialExecutor executor;
    Conv2DFilter first{3, 3, 3, 24, 1}, second{1, 1, 24, 16, 1}, third{3, 3, 24, 24, 1};
    Array<int> dilations;
    Array<Floats> packed;
    Array<Array<float>> biases;
    Array<Parameter> parameters;
    Array<float> image;
    Array<int32_t> code;

    explicit Network(test::Random& random) {
        for (const Conv2DFilter& filter : {first, second}) add_filter(random, filter);
        for (int c = 0; c < 24; ++c) {
            dilations.push_back(1 + c % 3);
            dilations.push_back(1 + c % 2);
        }
        const InceptionConv2DPlan plan(16, 24, 3, 1, dilations.data());
        packed.push_back(aligned(plan.packed_size()));
        plan.pack(random_floats(random, 9 * 16 * 24).data(), packed.back().get(), executor);
        parameters.push_back({packed.back().get(), plan.packed_size()});
        add_filter(random, third);
        for (int channels : {24, 16, 24, 24}) {
            biases.push_back(random_floats(random, channels));
            parameters.push_back({biases.back().data(), biases.back().size()});
        }
        image = random_floats(random, 2 * 13 * 11 * 3);
        code = {6,                                            //
                1, 0, -1, 0, 4, 1, 3, 3, 2, 2, 1, 1, 1, 1,     //
                3, 1, -1, -1, -1, 0, 3, 3, 2, 2, 1, 1, 1, 1,   //
                1, 2, -1, 1, 5, 1, 1, 1, 1, 1, 0, 0, 1, 1,     //
                2, 3, -1, 2, 6, 1, 3, 3, 1, 1, 1, 1, 1, 1, 16, 1, 24};
        code.insert(code.end(), dilations.begin(), dilations.end());
        const Array<int32_t> rest = {1, 4, 2, 3, 7, 0, 3, 3, 1, 1, 1, 1, 1, 1,       //
                                           4, 4, 5, -1, -1, 1, 1, 1, 1, 1, 0, 0, 1, 1,     //
                                           2, 6, 1};
        code.insert(code.end(), rest.begin(), rest.end());
    }

    void add_filter(test::Random& random, const Conv2DFilter& filter) {
        const size_t size = conv2d_packed_size(filter, Conv2DAlgorithm::kAuto);
        packed.push_back(aligned(size));
        const auto weights = random_floats(random, static_cast<size_t>(filter.kernel_h) * filter.kernel_w * filter.in_c * filter.out_c);
        conv2d_pack(filter, Conv2DAlgorithm::kAuto, weights.data(), packed.back().get(), executor);
        parameters.push_back({packed.back().get(), size});
    }

    // Values 1 and 6, layer by layer.
    void by_layers(Array<float>* one, Array<float>* six) {
        one->resize(2 * 7 * 6 * 24);
        Conv2DSize size = {2, 13, 11, 2, 2, 1, 1, 1, 1};
        conv2d(size, {image.data(), parameters[0].data, parameters[4].data, nullptr}, true, one->data(), executor);
        Array<float> two(2 * 4 * 3 * 24), three(2 * 4 * 3 * 16), four(two.size()), five(two.size());
        max_pool2d({2, 7, 6, 24, 3, 3, 2, 2, 1, 1}, one->data(), two.data(), executor);
        size = {2, 4, 3};
        conv2d(size, {two.data(), parameters[1].data, parameters[5].data, nullptr}, true, three.data(), executor);
        const InceptionConv2DPlan plan(16, 24, 3, 1, dilations.data());
        inception_conv2d(plan, {2, 4, 3, 1, 1}, three.data(), nullptr, parameters[2].data, parameters[6].data, ConvActivation::kRelu,
                         four.data(), executor);
        size.pad_h = size.pad_w = 1;
        conv2d(size, {four.data(), parameters[3].data, parameters[7].data, two.data()}, false, five.data(), executor);
        six->resize(two.size());
        for (size_t i = 0; i < six->size(); ++i) (*six)[i] = std::fmax(0.0f, four[i] + five[i]);
    }
};

}  // namespace

TEST(conv_program_gives_what_its_layers_give) {
    test::Random random(3);
    Network network(random);
    Array<float> one, six;
    network.by_layers(&one, &six);
    std::string problem;
    const auto program = ConvProgram::parse(network.code.data(), network.code.size(), 8, &problem);
    EXPECT(program != nullptr && program->outputs() == 2);
    if (program == nullptr) return;
    ConvProgram::Layout layout;
    EXPECT(program->lay_out({2, 13, 11, 3}, network.parameters, &layout, &problem));
    EXPECT(program->output(layout, 0).size() == six.size() && program->output(layout, 1).size() == one.size());
    const Floats memory = aligned(layout.floats);
    for (int threads : {1, 3}) {
        ThreadExecutor executor(threads);
        Array<float> a(six.size()), b(one.size());
        program->run(layout, network.image.data(), network.parameters, memory.get(), {a.data(), b.data()}, executor);
        EXPECT(test::max_error(a.data(), six.data(), static_cast<long>(a.size())) < 1e-5);
        EXPECT(test::max_error(b.data(), one.data(), static_cast<long>(b.size())) < 1e-5);
    }
}

TEST(conv_program_reuses_memory) {
    test::Random random(4);
    const Conv2DFilter filter = {1, 1, 16, 16, 1};
    Network network(random);
    network.parameters.clear();
    network.add_filter(random, filter);
    // A chain of ten layers needs two places.
    Array<int32_t> code = {10};
    for (int step = 0; step < 10; ++step) code.insert(code.end(), {1, step, -1, 0, -1, 0, 1, 1, 1, 1, 0, 0, 1, 1});
    code.insert(code.end(), {1, 10});
    std::string problem;
    const auto program = ConvProgram::parse(code.data(), code.size(), 1, &problem);
    ConvProgram::Layout layout;
    EXPECT(program != nullptr && program->lay_out({1, 8, 8, 16}, network.parameters, &layout, &problem));
    EXPECT(layout.floats == 2 * 8 * 8 * 16);
}

TEST(conv_program_refuses_what_is_none) {
    test::Random random(5);
    Network network(random);
    std::string problem;
    for (size_t size = 0; size < network.code.size(); ++size) EXPECT(ConvProgram::parse(network.code.data(), size, 8, &problem) == nullptr);
    int refused = 0;
    for (int round = 0; round < 3000; ++round) {
        Array<int32_t> code = network.code;
        code[random.below(static_cast<int>(code.size()))] = random.below(3) == 0 ? random.below(40) - 3 : static_cast<int>(random.next());
        const auto program = ConvProgram::parse(code.data(), code.size(), 8, &problem);
        ConvProgram::Layout layout;
        // Whatever passes can be laid out or refused, and does not crash.
        if (program == nullptr || !program->lay_out({2, 13, 11, 3}, network.parameters, &layout, &problem)) ++refused;
    }
    EXPECT(refused > 1000);
    const auto program = ConvProgram::parse(network.code.data(), network.code.size(), 8, &problem);
    ConvProgram::Layout layout;
    EXPECT(!program->lay_out({2, 13, 11, 4}, network.parameters, &layout, &problem));
    network.parameters[4].size = 23;
    EXPECT(!program->lay_out({2, 13, 11, 3}, network.parameters, &layout, &problem));
    EXPECT(problem == "parameter 4 must be a bias of 24 channels");
}
