import { Customer } from "./customer.js";
import { Operator } from "./operator.js";
import { anyone, rows } from "./session.js";

const customers = Array.from(document.querySelectorAll(".customer"), (root) => new Customer(root));
for (const root of document.querySelectorAll(".operator")) new Operator(root);

// sell shows the catalogue to all customers, and how much is left of each product now and then:
// others are buying.
let timer;
let failed = false;
async function sell() {
  try {
    const products = await rows(anyone.from("products").select("id,name,price,stock,attributes").order("id"));
    for (const customer of customers) {
      customer.sell(products);
      if (failed) customer.say("");
    }
    failed = false;
  } catch (error) {
    for (const customer of customers) customer.say(error.message, true);
    failed = true;
  }
  clearTimeout(timer);
  timer = setTimeout(sell, 5000);
}
document.addEventListener("stock", sell); // somebody has bought, or found that there isn't enough
sell();
