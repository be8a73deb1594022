// SPDX-License-Identifier: MIT
#include <array>

#include "tailer/records/enricher.h"
#include "tailer/toolcalls/toolcall_record.h"
#include "tests/bridge/daemon/pipeline_fixture.h"

namespace bridge {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// A session of Claude Code, PID 1: its calls are matched by time.
class PipelineToolCallTest : public PipelineTest {
protected:
    PipelineToolCallTest() {
        settings_.unstable_metadata.assign(tailer::kToolCallMetadata.begin(),
                                           tailer::kToolCallMetadata.end());
    }
    void start_call(const std::string& id, milliseconds offset) const {
        tailer::ToolCallStart record;
        record.id = id;
        record.tool = "Bash";
        record.time_ns = at(offset);
        record.pids = {1};
        ASSERT_TRUE(tailer::append_toolcall(journal(), record));
    }
    void end_call(const std::string& id, milliseconds offset) const {
        ASSERT_TRUE(tailer::append_toolcall(journal(), tailer::ToolCallEnd{id, at(offset), 0}));
    }

private:
    [[nodiscard]] std::int64_t at(milliseconds offset) const {
        return begun_ns_ + std::chrono::nanoseconds(offset).count();
    }
};

TEST_F(PipelineToolCallTest, WhatWasSentAheadOfAnEarlierLineIsNotSentAgainUnderAnotherCall) {
    start_call("first", milliseconds(0));
    start();
    write(1, allow(milliseconds(10), "a"));
    static_cast<void>(daemon_->pipeline.step());
    clock_.advance(milliseconds(900));
    end_call("first", milliseconds(20));
    start_call("second", milliseconds(100));
    // Of no call, and of one: "c" joins the batch of "a", which goes before that of "b" has waited
    // long enough.
    write(1, allow(milliseconds(50), "b") + allow(milliseconds(150), "c"));
    static_cast<void>(daemon_->pipeline.step());
    clock_.advance(milliseconds(100));
    ASSERT_TRUE(deliver(2));
    ASSERT_THAT(loki_.all_lines(), ElementsAre(HasSubstr("/a"), HasSubstr("/c")));
    EXPECT_THAT(saved().kept_origins, SizeIs(1)) << "that of c, behind b";
    crash();
    end_call("second", milliseconds(120));  // a hook that wrote late
    start();
    ASSERT_TRUE(deliver(3));
    step_for(Seconds(5));
    EXPECT_THAT(loki_.all_lines(), SizeIs(3));
    stop();
    start();
    EXPECT_THAT(saved().kept_origins, IsEmpty()) << "the checkpoint is past all lines";
}

}  // namespace
}  // namespace bridge
