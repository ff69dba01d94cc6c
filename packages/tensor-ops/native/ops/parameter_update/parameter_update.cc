#include "ops/parameter_update/parameter_update.h"

#include <algorithm>
#include <cmath>

#include "common/memory.h"

namespace icconv {
namespace {

// Floats a task works on: some tens of microseconds, and five such pieces fit in a second-level cache.
constexpr int64_t kPiece = 32 << 10;

struct Piece {
    int64_t slot;
    int64_t begin;
    int64_t end;
};

template <typename CountOf>
Array<Piece> split(int64_t slots, const CountOf& count_of) {
    Array<Piece> pieces;
    for (int64_t s = 0; s < slots; ++s) {
        const int64_t count = count_of(s);
        for (int64_t begin = 0; begin < count; begin += kPiece) pieces.push_back({s, begin, std::min(count, begin + kPiece)});
    }
    return pieces;
}

template <typename CountOf, typename Body>
void for_pieces(int64_t slots, const CountOf& count_of, Executor& executor, const Body& body) {
    const Array<Piece> pieces = split(slots, count_of);
    executor.run(static_cast<int>(pieces.size()), [&](int task) { body(pieces[static_cast<size_t>(task)], task); });
}

void sgd_piece(const SgdStep& step, const ParameterSlot& slot, int64_t begin, int64_t end) {
    const float* __restrict parameter = slot.parameter;
    const float* __restrict gradient = slot.gradient;
    float* __restrict result = slot.new_parameter;
    const float scale = step.gradient_scale;
    const float decay = slot.weight_decay;
    const float rate = slot.rate;
    if (slot.first == nullptr) {
        for (int64_t i = begin; i < end; ++i) result[i] = parameter[i] - rate * (gradient[i] * scale + decay * parameter[i]);
        return;
    }
    const float* __restrict momentum = slot.first;
    float* __restrict new_momentum = slot.new_first;
    const float keep = step.momentum;
    const float add = 1 - step.dampening;
    if (step.nesterov) {
        for (int64_t i = begin; i < end; ++i) {
            const float g = gradient[i] * scale + decay * parameter[i];
            const float m = keep * momentum[i] + add * g;
            new_momentum[i] = m;
            result[i] = parameter[i] - rate * (g + keep * m);
        }
        return;
    }
    for (int64_t i = begin; i < end; ++i) {
        const float g = gradient[i] * scale + decay * parameter[i];
        const float m = keep * momentum[i] + add * g;
        new_momentum[i] = m;
        result[i] = parameter[i] - rate * m;
    }
}

void adam_piece(const AdamStep& step, const ParameterSlot& slot, int64_t begin, int64_t end) {
    const float* __restrict parameter = slot.parameter;
    const float* __restrict gradient = slot.gradient;
    const float* __restrict mean = slot.first;
    const float* __restrict square = slot.second;
    float* __restrict result = slot.new_parameter;
    float* __restrict new_mean = slot.new_first;
    float* __restrict new_square = slot.new_second;
    const float scale = step.gradient_scale;
    const float coupled = step.decoupled ? 0 : slot.weight_decay;
    const float shrink = step.decoupled ? 1 - slot.rate * slot.weight_decay : 1;
    const float rate = slot.rate / step.correction1;
    const float root = std::sqrt(step.correction2);
    const float beta1 = step.beta1;
    const float beta2 = step.beta2;
    const float epsilon = step.epsilon;
    for (int64_t i = begin; i < end; ++i) {
        const float g = gradient[i] * scale + coupled * parameter[i];
        const float m = mean[i] + (1 - beta1) * (g - mean[i]);
        const float v = beta2 * square[i] + (1 - beta2) * g * g;
        new_mean[i] = m;
        new_square[i] = v;
        result[i] = parameter[i] * shrink - rate * (m / (std::sqrt(v) / root + epsilon));
    }
}

}  // namespace

void sgd_update(const SgdStep& step, const ParameterSlot* slots, int64_t count, Executor& executor) {
    for_pieces(
        count, [&](int64_t s) { return slots[s].count; }, executor,
        [&](const Piece& piece, int) { sgd_piece(step, slots[piece.slot], piece.begin, piece.end); });
}

void adam_update(const AdamStep& step, const ParameterSlot* slots, int64_t count, Executor& executor) {
    for_pieces(
        count, [&](int64_t s) { return slots[s].count; }, executor,
        [&](const Piece& piece, int) { adam_piece(step, slots[piece.slot], piece.begin, piece.end); });
}

void linear_combination(float a, const ArrayView* x, float b, const ArrayView* y, float* const* out, int64_t count, Executor& executor) {
    for_pieces(
        count, [&](int64_t s) { return x[s].count; }, executor,
        [&](const Piece& piece, int) {
            const float* __restrict left = x[piece.slot].data;
            const float* __restrict right = y[piece.slot].data;
            float* __restrict result = out[piece.slot];
            for (int64_t i = piece.begin; i < piece.end; ++i) result[i] = a * left[i] + b * right[i];
        });
}

double sum_of_squares(const ArrayView* arrays, int64_t count, Executor& executor) {
    const Array<Piece> pieces = split(count, [&](int64_t s) { return arrays[s].count; });
    Array<double> sums(pieces.size());
    executor.run(static_cast<int>(pieces.size()), [&](int task) {
        const Piece& piece = pieces[static_cast<size_t>(task)];
        const float* data = arrays[piece.slot].data;
        // Several running sums, so that additions need not wait for one another.
        double lanes[8] = {};
        int64_t i = piece.begin;
        for (; i + 8 <= piece.end; i += 8) {
            for (int64_t k = 0; k < 8; ++k) lanes[k] += static_cast<double>(data[i + k]) * data[i + k];
        }
        for (; i < piece.end; ++i) lanes[0] += static_cast<double>(data[i]) * data[i];
        double sum = 0;
        for (double lane : lanes) sum += lane;
        sums[static_cast<size_t>(task)] = sum;
    });
    double total = 0;
    for (double sum : sums) total += sum;
    return total;
}

}  // namespace icconv
