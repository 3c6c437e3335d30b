import { backings } from "../db/backings.ts";
import { relayListContract } from "../support/relay_list_contract.ts";

backings.forEach(relayListContract);
