// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// Feeds images to a simulated accelerator and writes down everything that comes out of it.
//
//   harness IMAGES COUNT REPORT STALL SEED CAPTURE...
//
// IMAGES   beats of all images one after another, each of IMAGE_BYTES bytes, lowest first
// COUNT    images to feed; image i has the ID i mod 65,536
// REPORT   the file for all events, a line each; see the end of this file
// STALL    percent of the cycles in which each end pauses
// SEED     of the pauses
// CAPTURE  for every copy of every stage which of the samples that reach it to write down, stream by stream, or
//          -1; none without
//
// A design that stands still is a deadlock: it is reported with the state of every stream.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "Vaccelerator.h"
#include "Vaccelerator___024root.h"
#include "probes.h"
#include "verilated.h"
#ifdef WAVE
#include "verilated_vcd_c.h"
#endif

namespace {

// Cycles without any move. A layer makes one within a sample's interval, and pauses are far shorter.
constexpr long STANDSTILL = 4'000 + SLOWEST;

// So many of them are shown in a waveform: nothing happens in the others.
constexpr long SHOWN = 100;

struct Traffic {
    uint64_t moved = 0, blocked = 0, empty = 0;  // cycles
    uint64_t samples = 0;                        // last beats
};

// xorshift: fast, and the same everywhere.
struct Random {
    uint64_t state;
    bool below(unsigned percent) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return (state >> 20) % 100 < percent;
    }
};

template <class T> uint8_t byte_of(const T& data, int index) { return uint8_t(uint64_t(data) >> (8 * index)); }
template <std::size_t N> uint8_t byte_of(const VlWide<N>& data, int index) {
    return uint8_t(data[index / 4] >> (8 * (index % 4)));
}

// Data of streams that are never captured is not visible.
#define BYTE_1(NAME, INDEX) byte_of(root->accelerator__DOT__##NAME##_data, INDEX)
#define BYTE_0(NAME, INDEX) 0

template <class T> void fill(T& port, const uint8_t* bytes, int count) {
    uint64_t value = 0;
    for (int i = 0; i < count; ++i) value |= uint64_t(bytes[i]) << (8 * i);
    port = T(value);
}
template <std::size_t N> void fill(VlWide<N>& port, const uint8_t* bytes, int count) {
    for (std::size_t word = 0; word < N; ++word) port[word] = 0;
    for (int i = 0; i < count; ++i) port[i / 4] |= uint32_t(bytes[i]) << (8 * (i % 4));
}

std::vector<uint8_t> file(const char* name) {
    std::FILE* handle = std::fopen(name, "rb");
    if (!handle) std::exit(2);
    std::fseek(handle, 0, SEEK_END);
    std::vector<uint8_t> bytes(std::ftell(handle));
    std::rewind(handle);
    if (std::fread(bytes.data(), 1, bytes.size(), handle) != bytes.size()) std::exit(2);
    std::fclose(handle);
    return bytes;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 6) return 2;
    const std::vector<uint8_t> images = file(argv[1]);
    const long count = std::atol(argv[2]);
    std::FILE* report = std::fopen(argv[3], "w");
    const unsigned stall = std::atoi(argv[4]);
    Random random{0x9E3779B97F4A7C15ULL ^ (std::strtoull(argv[5], nullptr, 10) + 1) * 0xBF58476D1CE4E5B9ULL};
    std::vector<long> capture;
    for (int i = 6; i < argc; ++i) capture.push_back(std::atol(argv[i]));
    if (!report) return 2;

    VerilatedContext context;
    Vaccelerator top{&context};
    auto* root = top.rootp;
#ifdef WAVE
    context.traceEverOn(true);
    VerilatedVcdC wave;
    top.trace(&wave, 99);
    wave.open(WAVE);
#endif

    Traffic traffic[STREAMS];
    uint64_t busy[BUSY_BLOCKS] = {}, fullest[BUFFERS] = {};
    std::vector<uint64_t> reached[ENTRIES];
    std::string captured;
    std::vector<long> logits;
    long fed = 0, beat = 0, results = 0, standing = 0, cycle = 0;

    top.rst = 1;
    top.clk = 0;
    top.s_axis_tvalid = 0;
    top.m_axis_tready = 0;
    top.cfg_valid = 0;
    // Until all stands still: a sample that should have left may still be on its way. One too many is enough.
    for (; standing < STANDSTILL && results <= count; ++cycle) {
        if (cycle == 4) top.rst = 0;
        const bool running = cycle > 8;
        if (running && !top.s_axis_tvalid && fed < count && !random.below(stall)) {
            fill(top.s_axis_tdata, &images[(fed * IMAGE_BEATS + beat) * IMAGE_BYTES], IMAGE_BYTES);
            top.s_axis_tid = uint16_t(fed);
            top.s_axis_tlast = beat == IMAGE_BEATS - 1;
            top.s_axis_tvalid = 1;
        }
        top.m_axis_tready = running && !random.below(stall);
        top.clk = 0;
        top.eval();
#ifdef WAVE
        if (standing < SHOWN) wave.dump(uint64_t(10 * cycle));
#endif

        // The beats that the coming clock edge moves.
        bool moves = false;
        if (running) {
#define STREAM(INDEX, NAME, LAST, BYTES, UNIT, CAPTURED)                                                \
    {                                                                                                   \
        Traffic& t = traffic[INDEX];                                                                    \
        const bool valid = root->accelerator__DOT__##NAME##_valid;                                      \
        const bool moved = valid && root->accelerator__DOT__##NAME##_ready;                             \
        t.moved += moved;                                                                               \
        t.blocked += valid && !moved;                                                                   \
        t.empty += !valid;                                                                              \
        moves |= moved;                                                                                 \
        if (moved) {                                                                                    \
            if (CAPTURED && UNIT < long(capture.size()) && long(t.samples) == capture[UNIT]) {          \
                captured += "capture " #NAME " ";                                                       \
                for (int i = BYTES - 1; i >= 0; --i) {                                                  \
                    char digits[3];                                                                     \
                    std::snprintf(digits, 3, "%02x", BYTE_##CAPTURED(NAME, i));                         \
                    captured += digits;                                                                 \
                }                                                                                       \
                captured += "\n";                                                                       \
            }                                                                                           \
            t.samples += LAST;                                                                          \
        }                                                                                               \
    }
#define BUSY(INDEX, NAME, PATH)                      \
    if (root->accelerator__DOT__##PATH) {            \
        ++busy[INDEX];                               \
        moves = true;                                \
    }
#define ENTRY(INDEX, NAME)                                                                            \
    if (root->accelerator__DOT__##NAME##_valid && root->accelerator__DOT__##NAME##_ready)             \
        reached[INDEX].push_back(root->accelerator__DOT__##NAME##_data);
#define BUFFER(INDEX, NAME) \
    if (root->accelerator__DOT__##NAME##__DOT__fill > fullest[INDEX]) fullest[INDEX] = root->accelerator__DOT__##NAME##__DOT__fill;
            PROBES
#undef STREAM
#undef BUSY
#undef ENTRY
#undef BUFFER
        }

        const bool entered = top.s_axis_tvalid && top.s_axis_tready;
        if (entered && beat == 0) std::fprintf(report, "entered %ld %ld\n", fed, cycle);
        if (top.m_axis_tvalid && top.m_axis_tready) {
            const uint64_t data = top.m_axis_tdata;
            const long sign = 1L << (LOGIT_BITS - 1);
            logits.push_back(((long(data) & (2 * sign - 1)) ^ sign) - sign);
            if (top.m_axis_tlast) {
                std::fprintf(report, "result %d %d %d %ld", int(top.m_axis_tid),
                             int(data >> LOGIT_BITS & 255), int(data >> (LOGIT_BITS + 8) & 255), cycle);
                for (long logit : logits) std::fprintf(report, " %ld", logit);
                std::fprintf(report, "\n");
                logits.clear();
                if (++results % 100 == 0) {
                    std::printf("%ld\n", results);
                    std::fflush(stdout);
                }
            }
        }

        top.clk = 1;
        top.eval();
#ifdef WAVE
        if (standing < SHOWN) wave.dump(uint64_t(10 * cycle + 5));
#endif
        if (entered) {
            top.s_axis_tvalid = 0;
            if (++beat == IMAGE_BEATS) {
                beat = 0;
                ++fed;
            }
            // The next beat may follow at once.
            if (fed < count && !random.below(stall)) {
                fill(top.s_axis_tdata, &images[(fed * IMAGE_BEATS + beat) * IMAGE_BYTES], IMAGE_BYTES);
                top.s_axis_tid = uint16_t(fed);
                top.s_axis_tlast = beat == IMAGE_BEATS - 1;
                top.s_axis_tvalid = 1;
            }
        }
        standing = moves ? 0 : standing + 1;
    }
    const bool dead = results < count;

    std::fprintf(report, "cycles %ld\n", cycle);
#define STREAM(INDEX, NAME, LAST, BYTES, UNIT, CAPTURED)                                                      \
    std::fprintf(report, "stream " #NAME " %lu %lu %lu %d %d\n", traffic[INDEX].moved, traffic[INDEX].blocked, \
                 traffic[INDEX].empty, int(root->accelerator__DOT__##NAME##_valid),                            \
                 int(root->accelerator__DOT__##NAME##_ready));
#define BUSY(INDEX, NAME, PATH) std::fprintf(report, "busy " #NAME " %lu\n", busy[INDEX]);
#define ENTRY(INDEX, NAME)                                                       \
    std::fputs("reached " #NAME, report);                                        \
    for (uint64_t id : reached[INDEX]) std::fprintf(report, " %lu", id);         \
    std::fputs("\n", report);
#define BUFFER(INDEX, NAME) std::fprintf(report, "fill " #NAME " %lu\n", fullest[INDEX]);
    PROBES
    std::fputs(captured.c_str(), report);
    if (dead) std::fprintf(report, "deadlock %ld\n", cycle - STANDSTILL);
    std::fclose(report);
#ifdef WAVE
    wave.close();
#endif
    return 0;
}
