#pragma once

namespace moonwire::net {

/// An operation of several steps (resolve, connect, listen, relay) that is under way. It keeps itself alive until its
/// handler has been called: whoever holds it may let go of it at any time.
class Operation
{
public:
    virtual ~Operation() = default;

    /// Gives the operation up. Its handler is called with errc::cancelled in a later turn, and nothing more comes of
    /// it. Without effect once the handler has been called.
    virtual void cancel() = 0;
};

}  // namespace moonwire::net
