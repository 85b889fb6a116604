// Reads {tables: {name: {column: type}}, queries: [text]} and writes for each query what Microsoft's parser makes of it:
// {errors: [text], columns: {name: type}}.
"use strict";
require("@kusto/language-service-next/bridge.min.js");
require("@kusto/language-service-next/Kusto.Language.Bridge.min.js");

const { GlobalState, KustoCode, Diagnostic, Symbols } = globalThis.Kusto.Language;

function listed(found, type) {
  const items = [];
  const each = globalThis.Bridge.getEnumerator(found, type);
  while (each.moveNext()) items.push(each.Current);
  return items;
}

const { tables, queries } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const known = Object.entries(tables).map(([name, columns]) => {
  const schema = Object.entries(columns).map(([column, type]) => `${column}: ${type}`);
  return new Symbols.TableSymbol.$ctor7(name, `(${schema.join(", ")})`, null);
});
const workspace = GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.$ctor2("workspace", null, known));

const told = queries.map((text) => {
  const code = KustoCode.ParseAndAnalyze(text, workspace);
  const errors = listed(code.GetDiagnostics(), Diagnostic).map((found) => found.Message);
  const columns = code.ResultType?.Columns ? listed(code.ResultType.Columns, Symbols.ColumnSymbol) : [];
  return { errors, columns: Object.fromEntries(columns.map((column) => [column.Name, column.Type.Name])) };
});
process.stdout.write(JSON.stringify(told));
