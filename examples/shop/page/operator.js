import { badge, element, money, number, replace, row } from "./dom.js";
import { Panel } from "./panel.js";
import { rows } from "./session.js";

// An Operator's panel shows what requests cost, and what became of payments.
export class Operator extends Panel {
  get role() { return "shop_operator"; }

  constructor(root) {
    super(root);
    for (const [kind, routine] of [["without", "unindex_orders"], ["with", "index_orders"]]) {
      const plan = this.find(`.${kind}`);
      plan.querySelector("button").addEventListener("click", ({ currentTarget }) =>
        this.attempt(currentTarget, () => this.#measure(plan, routine)));
    }
    this.find(".count").addEventListener("click", ({ currentTarget }) => this.attempt(currentTarget, () => this.#count()));
    this.find(".payments tbody").addEventListener("click", ({ target }) => {
      if (target instanceof HTMLButtonElement) this.attempt(target, () => this.#requeue(target.value));
    });
  }

  // measure makes or drops the index, and shows the plan of the request that it is for. The
  // request runs, since a plan without figures is only what PostgreSQL expects.
  async #measure(plan, routine) {
    const { client } = this.session;
    await rows(client.rpc(routine));
    const text = await rows(client.from("orders").select("id,total,placed_at")
      .order("placed_at", { ascending: false }).limit(10).explain({ analyze: true, buffers: true }));
    plan.querySelector(".facts").replaceChildren(...facts(text));
    const pre = plan.querySelector("pre");
    pre.hidden = false;
    pre.replaceChildren(...text.split(/^(.*\bScan\b.*\bon orders\b.*)$/m).map((part, i) => (i % 2 ? element("mark", {}, part) : part)));
  }

  async #count() {
    const { data, error, status } = await this.session.client.from("top_queries")
      .select("query,calls,total_ms,mean_ms,rows,hit_percent").order("total_ms", { ascending: false }).limit(6);
    // Without pg_stat_statements there is no such view.
    this.find(".uncounted").hidden = error?.code !== "PGRST205";
    this.find(".top").hidden = error?.code === "PGRST205";
    if (error?.code === "PGRST205") return;
    const queries = await rows({ data, error, status });
    replace(this.find(".top tbody"), queries.map(({ query, calls, total_ms, mean_ms, rows: found, hit_percent }) => row(
      element("td", {}, element("code", { tabIndex: 0 }, query)), number(calls), number(total_ms.toFixed(1)), number(mean_ms.toFixed(2)),
      number(found), number(hit_percent === null ? "" : `${hit_percent} %`))));
  }

  // requeue has a payment tried again that has failed for good.
  async #requeue(payment) {
    await rows(this.session.client.rpc("requeue_payment", { payment }));
    await this.update();
  }

  async read(client) {
    if (!this.find(".top tbody").hasChildNodes() && this.find(".uncounted").hidden) await this.#count();
    return rows(client.from("payments").select("id,order_id,amount,state,attempts,last_error").order("id", { ascending: false }).limit(10));
  }

  show(payments) {
    const list = payments.map(({ id, order_id, amount, state, attempts, last_error }) => row(
      number(order_id), number(money(amount)), element("td", {}, badge(state)), number(attempts), element("td", {}, last_error ?? "",
        ...(state === "failed" ? [" ", element("button", { type: "button", value: id }, "Try again")] : []))));
    replace(this.find(".payments tbody"), list.length ? list : [row(element("td", { colSpan: 5, className: "quiet" }, "None yet."))]);
    return payments.some(({ state }) => state === "pending");
  }

  forget() {
    for (const shown of this.root.querySelectorAll("tbody, .facts, pre")) shown.replaceChildren();
    for (const plan of this.root.querySelectorAll("pre")) plan.hidden = true;
  }
}

// facts are what matters most in a plan: how the orders are found, how many pages that takes, and
// how long.
function facts(plan) {
  const [scan] = plan.match(/\w[\w ]*Scan\b(?=.*\bon orders\b)/) ?? ["?"];
  const [, buffers] = plan.match(/Buffers: (.*)/) ?? [];
  const pages = Array.from(buffers?.matchAll(/(?:hit|read)=(\d+)/g) ?? [], ([, n]) => Number(n)).reduce((a, b) => a + b, 0);
  const [, time] = plan.match(/Execution Time: ([\d.]+) ms/) ?? [];
  return [element("strong", { className: "scan" }, scan), ` · ${pages} pages · ${time} ms`];
}
