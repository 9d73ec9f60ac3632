// The rooms: what each message means. It knows members by their `tell(message)` only, no sockets.

const LONGEST_ROOM = 64, LONGEST_NAME = 32;  // bytes
const LARGEST_ID = Number.MAX_SAFE_INTEGER;

class Refusal extends Error {
  constructor(code, text) {
    super(text);
    this.code = code;
  }
}

const refuse = (code, text) => { throw new Refusal(code, text); };

// A half of a surrogate pair would not survive as UTF-8.
function wellFormed(key, value) {
  return typeof value === "string" && /\p{Surrogate}/u.test(value) ? refuse("bad-json", "half a surrogate pair") : value;
}

function parse(text) {
  let message;
  try {
    message = JSON.parse(text, wellFormed);
  } catch (error) {
    refuse("bad-json", `this is no JSON: ${error.message}`);
  }
  return message !== null && typeof message === "object" && !Array.isArray(message)
    ? message : refuse("bad-json", "a message is a JSON object");
}

function checkedName(message, field, longest) {
  const value = message[field];
  if (typeof value !== "string" || value === "" || Buffer.byteLength(value) > longest) {
    refuse("bad-field", `"${field}" must be a string of 1 to ${longest} bytes`);
  }
  if (/[\x00-\x1f\x7f]|^ | $/.test(value)) {
    refuse("bad-field", `"${field}" must have no control characters, and no blank at its ends`);
  }
  return value;
}

function checkedText(message) {
  const { text } = message;
  if (typeof text !== "string" || !/[^ \t\n]/.test(text) || /[\x00-\x08\x0b-\x1f\x7f]/.test(text)) {
    refuse("bad-field", '"text" must be a string with more than blanks, and no control characters but \\n and \\t');
  }
  return text;
}

function checkedInteger(message, field, largest) {
  const value = message[field];
  return Number.isInteger(value) && value >= 0 && value <= largest
    ? value : refuse("bad-field", `"${field}" must be an integer from 0 to ${largest}`);
}

export class Rooms {
  #rooms = new Map();  // name → { name, members: Map, history: [] }, the one unused for longest first
  #lastId = Date.now();  // so ids grow over restarts, too
  #limits;

  constructor(limits) {
    this.#limits = limits;
  }

  // Does what a member says, or tells it why not.
  handle(member, text) {
    let message;
    try {
      message = parse(text);
      const action = typeof message.type === "string" && Object.hasOwn(this.#actions, message.type)
        ? this.#actions[message.type]
        : refuse("bad-type", `"type" must be one of ${Object.keys(this.#actions).join(", ")}`);
      action(member, message);
    } catch (error) {
      if (!(error instanceof Refusal)) {
        throw error;
      }
      member.refuse(error.code, error.message, message);
    }
  }

  leave(member) {
    const room = member.room;
    if (!room) {
      return;
    }
    room.members.delete(member.name);
    member.room = null;
    this.#tellAll(room, { type: "member-left", room: room.name, name: member.name, members: [...room.members.keys()] });
  }

  #actions = {
    "room-connect": (member, message) => {
      const name = checkedName(message, "name", LONGEST_NAME);
      const roomName = checkedName(message, "room", LONGEST_ROOM);
      const wanted = message.history === undefined ? this.#limits.history : checkedInteger(message, "history", LARGEST_ID);
      if (member.room) {
        refuse("in-room", `you are in the room "${member.room.name}"; leave it first`);
      }
      const room = this.#open(roomName);
      if (room.members.has(name)) {
        refuse("name-taken", `the name "${name}" is taken in this room`);
      }
      if (room.members.size >= this.#limits.maxMembers) {
        refuse("room-full", `the room has ${room.members.size} members already`);
      }
      const others = [...room.members.values()];
      room.members.set(name, member);
      [member.room, member.name] = [room, name];
      const members = [...room.members.keys()];
      const history = wanted === 0 ? [] : room.history.slice(-wanted);
      member.tell({ type: "room-connected", room: roomName, name, members, history });
      const notice = JSON.stringify({ type: "member-joined", room: roomName, name, members });
      others.forEach((other) => other.tellText(notice));
    },

    "room-leave": (member) => {
      const { name } = member.room ?? refuse("not-in-room", "you are in no room");
      this.leave(member);
      member.tell({ type: "room-left", room: name });
    },

    "message": (member, message) => {
      const text = checkedText(message);
      const room = member.room ?? refuse("not-in-room", "you are in no room: room-connect first");
      const said = { type: "message", room: room.name, id: ++this.#lastId, name: member.name, text, time: Date.now() };
      room.history.push(said);
      room.history.splice(0, room.history.length - this.#limits.history);
      this.#tellAll(room, said);
    },

    "ping": (member, message) => {
      member.tell({ type: "pong", id: checkedInteger(message, "id", LARGEST_ID) });
    },

    "ping-frame": (member, message) => {
      const id = checkedInteger(message, "id", LARGEST_ID);
      if (!member.pingFrame(id)) {
        refuse("busy", "the ping frame before this one has not been answered yet");
      }
    },
  };

  #tellAll(room, message) {
    const text = JSON.stringify(message);
    room.members.forEach((member) => member.tellText(text));
  }

  // A room is kept when everybody has left, for its history, until its place is needed.
  #open(name) {
    const room = this.#rooms.get(name) ?? { name, members: new Map(), history: [] };
    if (!this.#rooms.delete(name) && this.#rooms.size >= this.#limits.maxRooms) {
      const empty = [...this.#rooms.values()].find(({ members }) => members.size === 0)
        ?? refuse("too-many-rooms", `there are ${this.#rooms.size} rooms already`);
      this.#rooms.delete(empty.name);
    }
    this.#rooms.set(name, room);
    return room;
  }
}
