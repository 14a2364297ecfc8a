import { Session } from "./session.js";

const names = { shop_customer: "customer", shop_operator: "operator" };

// A Panel is a part of the page where somebody logs in, and sees what is theirs. What kinds of
// panels do by themselves:
//
//   role              whom it is for
//   read(client)      asks the API, and gives the answers
//   show(answers)     shows them, and says whether something in them is to change soon
//   forget()          empties the panel
export class Panel {
  #turn = 0; // counts what was asked for, so that an answer that is late isn't shown
  #timer;
  #unreachable = false;

  constructor(root) {
    this.root = root;
    root.append(template(`${this.kind}-panel`));
    root.querySelector(".head").after(template("login"));
    root.classList.add("out");
    this.about = root.querySelector(".about");
    this.outside = this.about.textContent;
    const { email, password } = this.find(".login").elements;
    email.value = root.dataset.email;
    password.value = root.dataset.password;
    this.find(".login").addEventListener("submit", (event) => {
      event.preventDefault();
      this.attempt(event.submitter, () => this.#enter(email.value, password.value));
    });
    this.find(".logout").addEventListener("click", () => this.#leave());
  }

  get kind() { return names[this.role]; }

  find(selector) { return this.root.querySelector(selector); }

  async #enter(email, password) {
    const session = await Session.logIn(email, password, (reason) => {
      if (session === this.session) this.#leave(reason);
    });
    if (session.role !== this.role) {
      const message = `This is no account of ${this.kind === "customer" ? "a customer" : "an operator"}.`;
      session.close();
      throw new Error(message);
    }
    this.session = session;
    this.root.classList.remove("out");
    await this.update();
  }

  #leave(reason) {
    this.#turn++;
    clearTimeout(this.#timer);
    this.session?.close();
    this.session = undefined;
    this.root.classList.add("out");
    this.about.textContent = this.outside;
    this.forget();
    this.say(reason ?? "", Boolean(reason));
  }

  // update reads and shows what there is, and comes back: after a second while something is to
  // change, and else now and then.
  async update() {
    const turn = ++this.#turn;
    clearTimeout(this.#timer);
    let soon = true;
    try {
      const answers = await this.read(this.session.client);
      if (turn !== this.#turn) return;
      soon = this.show(answers);
      if (this.#unreachable) this.say("");
      this.#unreachable = false;
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#unreachable = true;
      this.say(error.message, true);
    }
    this.#timer = setTimeout(() => this.update(), soon ? 1000 : 10000);
  }

  // attempt does what a button is for. The button can't be pressed again until that is done.
  async attempt(button, action) {
    button.disabled = true;
    this.say("");
    try {
      await action();
    } catch (error) {
      this.say(error.message, true);
    } finally {
      button.disabled = false;
    }
  }

  say(text, wrong = false) {
    const message = this.find(".message");
    message.textContent = text;
    message.hidden = text === "";
    message.classList.toggle("error", wrong);
  }
}

function template(id) {
  return document.getElementById(id).content.cloneNode(true);
}
