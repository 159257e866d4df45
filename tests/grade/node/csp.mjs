// Reads a JSON list of policies, writes a list of what csp_evaluator finds in each.
import { readFileSync } from "node:fs";
import evaluator from "csp_evaluator";
import parser from "csp_evaluator/dist/parser.js";

const policies = JSON.parse(readFileSync(0, "utf8"));
const found = policies.map((text) =>
  new evaluator.CspEvaluator(new parser.CspParser(text).csp).evaluate().map((one) => ({
    severity: one.severity,
    directive: one.directive,
    value: one.value,
    description: one.description,
  })),
);
process.stdout.write(JSON.stringify(found));
