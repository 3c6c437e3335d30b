import { backings } from "./backings.ts";
import { storeContract } from "./contract.ts";

for (const { name, open, ...options } of backings) {
  storeContract(name, open, options);
}
