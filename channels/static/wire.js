// The line to the gateway: one WebSocket that says hello with the last message seen, keeps what was said until it is
// acknowledged, and comes back by itself. It knows nothing of how a conversation looks.

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15000;
const ACK_LIMIT_MS = 10000;
const SIGNED_OUT = [4401, 4403]; // close codes of a session that is over

/** A random id that is also to be had where `crypto.randomUUID` is not (plain http on a local network). */
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Open the line. `on` holds `message`, `typing`, `ack`, `error` (each given the server's object) and
 * `state("open" | "lost" | "signed-out")`. Returns `say(id, text)`.
 *
 * A text said while the line is down, or whose acknowledgement never came, is sent again with the same id: the
 * gateway takes an id once, so saying it twice is harmless. Nothing is kept in browser storage, because what a member
 * types may be a card number that the gateway would have taken out.
 */
export function openWire(url, on) {
  const unsent = new Map();
  let socket = null;
  let seen = 0;
  let wait = FIRST_WAIT_MS;
  let retry = 0;
  let ackTimer = 0;
  let over = false;

  function send(id, text) {
    socket.send(JSON.stringify({ type: "say", id, text }));
    // A line that is dead without having closed shows only by silence.
    clearTimeout(ackTimer);
    ackTimer = setTimeout(() => socket?.close(), ACK_LIMIT_MS);
  }

  function receive(said) {
    if (said.type === "message") {
      on.message(said);
      seen = Math.max(seen, said.seq);
    } else if (said.type === "ack") {
      unsent.delete(said.id);
      if (!unsent.size) clearTimeout(ackTimer);
      on.ack(said);
    } else if (said.type === "typing") {
      on.typing(said);
    } else if (said.type === "error") {
      if (said.id) unsent.delete(said.id);
      if (!unsent.size) clearTimeout(ackTimer);
      on.error(said);
    }
  }

  function connect() {
    clearTimeout(retry);
    if (over || socket) return;
    let opened = false;
    const line = new WebSocket(url);
    socket = line;
    line.onopen = () => {
      opened = true;
      wait = FIRST_WAIT_MS;
      line.send(JSON.stringify({ type: "hello", after: seen }));
      on.state("open");
      for (const [id, text] of unsent) send(id, text);
    };
    line.onmessage = (event) => {
      let said;
      try {
        said = JSON.parse(event.data);
      } catch {
        return; // Not ours to read; the next message may be.
      }
      receive(said);
    };
    line.onclose = async ({ code }) => {
      clearTimeout(ackTimer);
      if (socket === line) socket = null;
      on.state("lost");
      // A refused handshake looks like a lost line to a page; asking for the page itself tells them apart.
      if (SIGNED_OUT.includes(code) || (!opened && (await signedOut()))) {
        over = true;
        on.state("signed-out");
        return;
      }
      retry = setTimeout(connect, wait * (0.75 + Math.random() / 2));
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    };
  }

  async function signedOut() {
    try {
      const answer = await fetch("/chat", { redirect: "manual", cache: "no-store" });
      return answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403;
    } catch {
      return false;
    }
  }

  window.addEventListener("online", () => { wait = FIRST_WAIT_MS; connect(); });
  window.addEventListener("offline", () => socket?.close());
  document.addEventListener("visibilitychange", () => { if (!document.hidden) connect(); });
  connect();

  return {
    say(id, text) {
      unsent.set(id, text);
      if (socket?.readyState === WebSocket.OPEN) send(id, text);
    },
  };
}
