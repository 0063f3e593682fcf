import { assertEquals } from "@std/assert";
import { figure, textTable } from "./text_table.ts";

Deno.test("columns are as wide as their widest cell", () => {
  assertEquals(textTable(["clients", "p50"], [["1", "10.5"], ["1000", "9"]]), [
    "clients   p50",
    "1        10.5",
    "1000        9",
  ]);
});

Deno.test("figures have three digits", () => {
  const values = [0, 0.01234, 0.5, 1.2345, 12.345, 123.45, 12345.6, NaN];
  assertEquals(values.map(figure), ["0.00", "0.012", "0.500", "1.23", "12.3", "123", "12346", "–"]);
});
