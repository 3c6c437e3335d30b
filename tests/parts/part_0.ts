import { importPart } from "../support/test_files.ts";

await importPart(0);
