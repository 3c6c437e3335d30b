import "npm:fake-indexeddb@^6.2.8/auto";
import { storeContract } from "./contract.ts";
import { indexedDbBacking } from "./indexeddb_backing.ts";
import { recordsContract } from "./records_contract.ts";
import { relayListContract } from "../support/relay_list_contract.ts";

const { name, open, ...options } = indexedDbBacking("IndexedDB in memory");
storeContract(name, open, options);
recordsContract({ name, open, ...options });
relayListContract({ name, open, ...options });
