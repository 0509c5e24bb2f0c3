// SPDX-License-Identifier: MIT
#pragma once
// A connection's HTTP/2 (RFC 9113): frames in, decisions out. Session::read() takes the next frame off the input. It
// answers by itself what concerns only the protocol (SETTINGS, PING, WINDOW_UPDATE, PRIORITY_UPDATE, errors), and
// returns what conn has to act on. It makes no system call and keeps no response.

#include <array>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "h2/block_dropper.h"
#include "h2/dynamic_table.h"
#include "h2/frame.h"
#include "h2/stream.h"
#include "http/request.h"
#include "http/status.h"
#include "tables/limits.h"

namespace minhttp::h2 {

// What all sessions of a worker share.
struct Shared {
  StreamPool streams;
  std::span<char> text = {};    // limits::head_max bytes: the request that was read last
  std::span<char> scratch = {}; // limits::head_max bytes, for the decoder
  uint32_t streams_max = 0;     // of a connection, at most limits::h2_streams_max
  uint64_t body_max = 0;        // bytes of a request body
  int64_t now_ms = 0;
};

struct Input {
  enum class Kind : uint8_t {
    more,    // the frame is incomplete, or no whole header block is there
    frame,   // nothing to do but to close the stream, if there is one and it is complete()
    request, // the stream has a request, and needs a response
    reset,   // the peer or an error has ended the stream: release what is kept of it, then call Session::close()
    broken   // the connection must end: GOAWAY is in the output
  };
  Kind kind = Kind::more;
  uint32_t used = 0;            // bytes at the beginning of the input that are not needed any more
  uint32_t stream = Pool::none; // its slot in Shared::streams
};

class Session {
 public:
  // connection: its slot. table: DynamicTable::memory_for(table_size) bytes.
  Session(uint32_t connection, std::span<char> table, uint32_t table_size)
      : table_(table, table_size), connection_(connection) {}

  // Writes our SETTINGS; the peer's preface was read.
  void start(const Shared& shared, Writer& out);

  // Takes one frame, or a part of a long one. input: what has arrived and was not used yet, at most head_max bytes and
  // a frame's header of it; the fragments of a header block are joined there. A block that is longer is answered when
  // so much of it is there, and its rest is dropped. Until all of a frame has arrived, the same bytes are passed again,
  // with further ones behind them. out has room for limits::h2_control_room bytes. Of a request, `request` is filled
  // in. Its views are valid until the next call. If `status` is not ok, it is the response's status.
  Input read(std::span<char> input, Shared& shared, Writer& out, http::Request& request, http::Status& status);

  // Whether the next frame may complete a request. Then there must be room for a response's head, too.
  bool may_complete_request(std::span<const char> input) const;

  // Makes HEADERS, and CONTINUATIONs where it is long, of the block that begins frame_header_bytes behind `at`.
  // Behind it there is room for limits::h2_continuation_room bytes. Returns the bytes of all frames.
  size_t frame_block(char* at, size_t block, Stream& stream, bool end);
  // Bytes of the block that precede those of the first response. The encoder has no table, and must say so (RFC 7541
  // section 4.2), or a peer whose SETTINGS_HEADER_TABLE_SIZE is smaller than 4096 refuses the block.
  size_t write_table_size(Writer& out);

  // How many bytes of DATA the stream may send now, at most `most`.
  uint32_t may_send(const Stream& stream, uint64_t most) const;
  // So many are in the output. end: the response is complete.
  void note_sent(Stream& stream, uint32_t bytes, bool end);

  // The response is decided. left: DATA is left to be sent.
  void wait(Shared& shared, uint32_t slot, bool left);
  void wait_for_decision(Shared& shared, uint32_t slot);
  // The stream whose turn it is to send DATA, or Pool::none. An incremental one goes to the end of its list.
  uint32_t next(Shared& shared);
  // The stream that has waited longest for a decision, which goes to the end of its list; or Pool::none.
  uint32_t next_undecided(Shared& shared);
  bool has_undecided() const { return !undecided_.empty(); }
  // A stream that has waited for the peer since that time or longer, or Pool::none.
  uint32_t overdue(const Shared& shared, int64_t since_ms);

  // Ends the stream with an error: writes RST_STREAM. Then close() it. False: there were too many; the connection must
  // end, and GOAWAY is in the output.
  bool reset(Shared& shared, uint32_t slot, Error error, Writer& out);
  // Takes the stream out of its list and gives its slot back.
  void close(Shared& shared, uint32_t slot);

  // Graceful shutdown (RFC 9113 section 6.8). The first call says that no new streams are wanted, and asks with a PING
  // whether the peer has heard that; after its answer, or with the second call, the last stream is named.
  void drain(Writer& out);
  bool draining() const { return draining_ != Draining::no; }
  // An error has ended it; or all streams are closed, and no new one will be answered.
  bool over() const { return broken_ || (count_ == 0 && (draining_ == Draining::last || peer_leaves_)); }

  // The connection must end with an error: writes GOAWAY.
  Input broken(Error error, Writer& out);
  // The kernel has taken bytes of the output.
  void note_progress(int64_t now_ms, size_t bytes);
  // Streams have had DATA to send since that time, and the peer takes hardly any bytes. To be asked when the output is
  // empty, as a slow network has deadlines of its own.
  bool is_starved(int64_t since_ms) const { return has_turns() && progress_ms_ <= since_ms; }
  // Refills the budget as time passes.
  void note_time(int64_t now_ms);

  // The slots of open streams, in no order. A stream that is closed gives its place to the last one.
  std::span<const uint32_t> open_streams() const { return {slots_.data(), count_}; }
  // A frame, or a header block, is not complete.
  bool inside_frame() const { return block_stream_ != 0 || skip_ != 0; }
  static bool is_undecided(const Shared& shared, uint32_t slot) {
    return shared.streams[slot].waits == Waits::decision;
  }

 private:
  enum class Draining : uint8_t { no, asked, last };

  bool charge(int32_t units);
  void refund(int32_t units);
  Input ignored(Writer& out);
  Input skip(std::span<char> input);
  Input read_data(std::span<char> payload, const FrameHeader& frame, Shared& shared, Writer& out);
  Input body_frame(const FrameHeader& frame, uint32_t bytes, Shared& shared, Writer& out);
  Input begin_block(const FrameHeader& frame, std::span<char>& block, Writer& out);
  Input join(std::span<char> input, const FrameHeader& frame, std::span<char>& block, Writer& out);
  Input begin_dropping(std::span<char> input, const FrameHeader& frame, Shared& shared, Writer& out,
                       http::Request& request, http::Status& status);
  Input drop_fragment(std::span<char> input, Shared& shared, Writer& out);
  Input next_dropped(std::span<char> input, const FrameHeader& frame, Writer& out);
  Input end_dropping(Writer& out);
  Input read_block(std::string_view block, Shared& shared, Writer& out, http::Request& request, http::Status& status);
  Input read_request(std::string_view block, Shared& shared, Writer& out, http::Request& request, http::Status& status);
  Input read_trailers(std::string_view block, uint32_t slot, Shared& shared, Writer& out);
  Input drop_block(std::string_view block, Shared& shared, Writer& out);
  Input read_control(std::string_view payload, const FrameHeader& frame, Shared& shared, Writer& out);
  Input read_settings(std::string_view payload, const FrameHeader& frame, Shared& shared, Writer& out);
  int32_t cost_of_update(const Shared& shared, uint32_t stream, uint32_t bytes) const;
  Input read_window_update(std::string_view payload, const FrameHeader& frame, Shared& shared, Writer& out);
  Input read_rst_stream(const FrameHeader& frame, Writer& out);
  Input read_priority(std::string_view payload, const FrameHeader& frame, Shared& shared, Writer& out);
  Input read_priority_update(std::string_view payload, const FrameHeader& frame, Shared& shared, Writer& out);
  Input read_ping(std::string_view payload, const FrameHeader& frame, Writer& out);
  Input stream_error(Shared& shared, uint32_t id, Error error, Writer& out);

  // A stream that the peer has not used yet (RFC 9113 section 5.1.1), or that only we could open. After the last
  // GOAWAY, frames of later streams may be under way, and are dropped (section 6.8).
  bool is_unused(uint32_t id) const { return (id > last_id_ && draining_ != Draining::last) || id % 2 == 0; }
  uint32_t find(uint32_t id) const;
  uint32_t open(Shared& shared, uint32_t id);
  enum class Past : uint8_t { unknown, closed, reset };
  Past past(uint32_t id) const;
  void note_past(uint32_t id, bool reset);
  bool change_windows(Shared& shared, int64_t difference);

  bool has_turns() const;
  List* list_of(const Stream& stream);
  List* first_turns(); // of the most urgent streams that wait for their turn, or null
  void enter(Shared& shared, uint32_t slot, Waits waits);
  void leave(Shared& shared, uint32_t slot);
  void rearrange(Shared& shared, uint32_t slot);
  static void to_end(Shared& shared, List& list, uint32_t slot);

  DynamicTable table_;
  uint32_t connection_;
  uint32_t last_id_ = 0;                        // the highest that the peer has used
  int32_t window_ = limits::h2_window;          // bytes of DATA that the peer accepts on all streams
  int32_t receive_window_ = limits::h2_window;  // and we
  uint32_t initial_window_ = limits::h2_window; // of the peer's SETTINGS, for new streams
  uint32_t skip_ = 0;                           // bytes of the current frame that are still to be dropped
  uint32_t block_stream_ = 0;                   // whose header block is incomplete; 0: none is
  uint32_t block_ = 0;                          // its bytes, at the beginning of the input
  uint32_t dropping_ = 0;                       // bytes of it, with the current frame; 0: it is not dropped
  uint32_t fragment_ = 0;                       // while it is: bytes of the frame that are still to come
  bool fragment_ends_ = false;                  // and whether the frame is the block's last
  uint32_t progress_ = 0;                       // bytes that the kernel has taken since progress_ms_
  int64_t progress_ms_ = 0;                     // when that had been enough for the last time
  uint32_t fragments_ = 0;                      // how many CONTINUATIONs it had
  int32_t budget_ = limits::h2_budget;          // what the peer may still do that few good clients do
  int64_t budget_ms_ = 0;                       // the time up to which it was refilled
  int64_t stalled_ms_ = INT64_MAX;              // since when streams in turns_ wait for window_
  bool block_ended_ = false;                    // the block's HEADERS had END_STREAM
  bool block_malformed_ = false;                // its stream depends on itself
  bool greeted_ = false;                        // the peer's SETTINGS have come
  bool peer_leaves_ = false;                    // GOAWAY has
  bool broken_ = false;                         // ours has said an error
  bool table_size_written_ = false;
  Draining draining_ = Draining::no;
  BlockDropper dropper_;           // of the rest of a block that is too large
  std::array<List, 8> turns_ = {}; // by urgency
  List waiting_;                   // for the peer, in the order in which they began
  List undecided_;
  uint32_t count_ = 0;
  uint32_t past_next_ = 0;
  std::array<uint32_t, limits::h2_past_streams> past_ = {}; // the streams closed last: see note_past()
  std::array<uint32_t, limits::h2_streams_max> ids_;        // of open streams
  std::array<uint32_t, limits::h2_streams_max> slots_;      // theirs
};

} // namespace minhttp::h2
