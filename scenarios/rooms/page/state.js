// What a connection's state is, in words.
export function describe({ state, address, server, why }) {
  switch (state) {
    case "connecting": return `Connecting to ${address} …`;
    case "connected": return `Connected to ${server || address}`;
    case "waiting": return `Server gone (${why}): trying again`;
    default: return why ? `Not connected: ${why}` : "Not connected";
  }
}
