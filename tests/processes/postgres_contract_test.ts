import { type Backing, own } from "../db/backing.ts";
import { storeContract } from "../db/contract.ts";
import { recordsContract } from "../db/records_contract.ts";
import { relayListContract } from "../support/relay_list_contract.ts";
import { postgres } from "./postgres.ts";

const backing: Backing = {
  name: "PostgreSQL",
  runs: 30,
  skip: typeof postgres === "string" ? postgres : undefined,
  async open() {
    if (typeof postgres === "string") throw new Error(postgres);
    return own(await (await postgres.schema()).open());
  },
};

const { name, open, ...options } = backing;
storeContract(name, open, options);
recordsContract(backing);
relayListContract(backing);
