import { badge, element, money, number, replace, row } from "./dom.js";
import { Panel } from "./panel.js";
import { rows } from "./session.js";

// A Customer's panel has the catalogue, a basket, and the customer's orders.
export class Customer extends Panel {
  #basket = new Map(); // quantities, by the products' ids
  #states = new Map(); // of payments, by the orders' ids
  #products = new Map();

  get role() { return "shop_customer"; }

  constructor(root) {
    super(root);
    this.find(".basket").addEventListener("submit", (event) => {
      event.preventDefault();
      this.attempt(event.submitter, () => this.#order());
    });
    this.find(".catalogue tbody").addEventListener("click", ({ target }) => {
      if (target instanceof HTMLButtonElement) this.#add(Number(target.value));
    });
    this.forget();
  }

  // The catalogue is the same for everybody, logged in or not.
  sell(products) {
    this.#products = new Map(products.map((product) => [product.id, product]));
    const kept = this.#basket.size;
    for (const id of this.#basket.keys()) if (!this.#products.has(id)) this.#basket.delete(id); // no longer sold
    if (this.#basket.size < kept) this.#showBasket();
    replace(this.find(".catalogue tbody"), products.map(({ id, name, price, stock, attributes }) => {
      const button = element("button", { type: "button", disabled: stock === 0, value: id }, stock === 0 ? "Sold out" : "Add");
      button.setAttribute("aria-label", stock === 0 ? `${name} is sold out` : `Add ${name} to the basket`);
      return row(
        element("td", {}, name, element("span", { className: "quiet" }, describe(attributes))),
        number(money(price)), number(stock), element("td", { className: "inside" }, button));
    }));
  }

  #add(id) {
    this.#basket.set(id, (this.#basket.get(id) ?? 0) + 1);
    this.#showBasket();
  }

  #showBasket() {
    this.find(".lines").replaceChildren(...Array.from(this.#basket, ([id, quantity]) => {
      const { name } = this.#products.get(id);
      const input = element("input", { type: "number", min: 1, max: 1000, required: true, value: quantity });
      input.setAttribute("aria-label", `Quantity of ${name}`);
      const cost = element("span", { className: "number" });
      const showCost = () => { cost.textContent = money(cents(this.#products.get(id).price) * this.#basket.get(id) / 100); };
      input.addEventListener("input", () => {
        this.#basket.set(id, input.valueAsNumber || 0);
        showCost();
        this.#showTotal();
      });
      const remove = element("button", { type: "button" }, "Remove");
      remove.setAttribute("aria-label", `Remove ${name}`);
      remove.addEventListener("click", () => { this.#basket.delete(id); this.#showBasket(); });
      showCost();
      return element("li", {}, element("span", {}, name), input, cost, remove);
    }));
    this.#showTotal();
  }

  #showTotal() {
    let total = 0;
    for (const [id, quantity] of this.#basket) total += cents(this.#products.get(id).price) * quantity;
    this.find(".total").textContent = this.#basket.size === 0 ? "nothing yet" : money(total / 100);
    this.find(".buy").disabled = this.#basket.size === 0;
  }

  // An order has products and quantities, and no prices: those the database knows.
  async #order() {
    const lines = Array.from(this.#basket, ([product_id, quantity]) => ({ product_id, quantity }));
    try {
      const placed = await rows(this.session.client.rpc("place_order", { lines }));
      this.#basket.clear();
      this.#showBasket();
      this.say(`Order ${placed.id} is placed. The payment is under way.`);
    } finally {
      this.root.dispatchEvent(new Event("stock", { bubbles: true }));
      if (this.session) await this.update();
    }
  }

  async attempt(button, action) {
    await super.attempt(button, action);
    this.#showTotal(); // and whether the button for the order may be pressed
  }

  read(client) {
    return Promise.all([
      rows(client.from("customers").select("name,credit,subscriber").single()),
      rows(client.from("orders").select("id,placed_at,total,payment,order_lines(quantity,products(name)),payments(attempts,last_error)")
        .order("placed_at", { ascending: false }).order("id", { ascending: false }).limit(10)),
      rows(client.from("articles").select("title,body").order("published_at", { ascending: false }).limit(3)),
    ]);
  }

  show([customer, orders, articles]) {
    this.find("h2").textContent = customer.name;
    this.about.textContent = `Credit ${money(customer.credit)}${customer.subscriber ? " · subscriber" : ""}`;
    const list = orders.map(showOrder);
    replace(this.find(".orders"), list.length ? list : [element("li", { className: "quiet" }, "None yet.")]);
    replace(this.find(".articles"), articles.map(({ title, body }) => element("p", {}, element("strong", {}, title), ` ${body}`)));
    this.find(".reading").hidden = articles.length === 0;
    for (const { id, payment } of orders) {
      if (this.#states.get(id) === "pending" && payment !== "pending") this.say(`The payment of order ${id} is ${payment}.`, payment !== "confirmed");
      this.#states.set(id, payment);
    }
    return orders.some(({ payment }) => payment === "pending");
  }

  forget() {
    this.find("h2").textContent = "Customer";
    this.#basket.clear();
    this.#states.clear();
    this.#showBasket();
    this.find(".orders").replaceChildren();
    this.find(".articles").replaceChildren();
  }
}

function showOrder({ id, placed_at, total, payment, order_lines, payments }) {
  const item = element("li", {},
    element("div", { className: "order" }, element("strong", {}, `Order ${id}`), badge(payment),
      element("span", { className: "quiet" }, new Date(placed_at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" })),
      element("span", { className: "sum-of" }, money(total))),
    element("span", { className: "quiet" }, order_lines.map(({ quantity, products }) => `${quantity} × ${products.name}`).join(", ")),
    element("span", { className: "quiet why" }, why(payment, payments)));
  item.dataset.order = id;
  return item;
}

// why says what goes on with a payment.
function why(state, payment) {
  switch (state) {
    case "pending": return payment?.attempts > 0 ? ` · the provider failed, and is asked again (attempt ${payment.attempts + 1})` : " · waiting for the payment provider";
    case "declined": return ` · ${payment?.last_error ?? "the provider declines it"}. Your credit is as before.`;
    case "failed": return " · we look into it";
    default: return "";
  }
}

// Sums are of whole cents, as 0.1 + 0.2 isn't 0.3.
function cents(price) {
  return Math.round(Number(price) * 100);
}

const phrases = {
  roast: (value) => `${value} roast`, grams: (value) => `${value} g`, notes: (value) => value.join(", "),
  millilitres: (value) => `${value} ml`, colour: String, burrs: (value) => `${value} burrs`,
  electric: (value) => (value ? "electric" : "by hand"),
};

// describe puts a product's attributes into words, in the order of the phrases. Those of a new
// category are named.
function describe(attributes) {
  const known = Object.keys(phrases).filter((key) => key in attributes);
  const others = Object.keys(attributes).filter((key) => !(key in phrases));
  return [...known.map((key) => phrases[key](attributes[key])), ...others.map((key) => `${key} ${attributes[key]}`)].join(" · ");
}
