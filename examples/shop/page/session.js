import { PostgrestClient } from "./postgrest-js/index.mjs";

const api = new URL("api", document.baseURI).href;

// The client of somebody who isn't logged in.
export const anyone = new PostgrestClient(api);

// rows waits for an answer of the API, and gives what it holds.
export async function rows(request) {
  const { data, error, status } = await request;
  if (error) throw Object.assign(new Error(words(error, status)), { status });
  return data;
}

// words say what went wrong. What the database says about orders is for customers already.
function words({ message, hint }, status) {
  switch (true) {
    case !status: return "The shop can't be reached at the moment.";
    case message === "JWT expired": return "Your login has expired. Log in again.";
    case status === 402: return `Not enough credit. ${message}`;
    case status === 403: return "This account may not do that.";
    case status === 406: return "Plans are for operators alone.";
    case status >= 500: return "Something is wrong with the shop, and not with what you did. Try again in a while.";
    case status === 401 || status === 429: return [message, hint].filter(Boolean).join(" ");
    default: return message;
  }
}

// A Session is somebody's login. The token is kept here and nowhere else, so that it is gone with
// the page.
export class Session {
  #token;
  #timer;
  #ended; // called with the reason, when the token is refused

  // logIn asks for a token.
  static async logIn(email, password, ended) {
    return new Session(await rows(anyone.rpc("login", { email, password })), ended);
  }

  constructor(issued, ended) {
    this.#ended = ended;
    this.client = new PostgrestClient(api, { fetch: (url, init) => this.#fetch(url, init) });
    this.#keep(issued);
  }

  // The role in the token. The page asks for it to be polite: what a role may do, the database
  // decides.
  get role() {
    const payload = this.#token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    return JSON.parse(atob(payload)).role;
  }

  // close forgets the token.
  close() {
    clearTimeout(this.#timer);
    this.#token = "";
  }

  async #fetch(url, init) {
    const token = this.#token;
    const response = await fetch(url, { ...init, headers: { ...init.headers, Authorization: `Bearer ${token}` } });
    if (response.status === 401 && token !== "" && token === this.#token) {
      const error = await response.clone().json().catch(() => ({ message: "Log in again." }));
      this.close();
      this.#ended(words(error, 401));
    }
    return response;
  }

  // keep has the token renewed when half of its time is over: afterwards it can't be.
  #keep({ token, expires_at }) {
    this.#token = token;
    const left = Date.parse(expires_at) - Date.now();
    this.#timer = setTimeout(() => this.#renew(), Math.max(left / 2, 5000));
  }

  async #renew() {
    const token = this.#token;
    try {
      const issued = await rows(this.client.rpc("renew_token"));
      if (token === this.#token) this.#keep(issued);
    } catch {
      // A 401 has ended the session by now. Whatever else it was may be over soon.
      if (token === this.#token) this.#timer = setTimeout(() => this.#renew(), 5000);
    }
  }
}
