/** The only filter that customers can be searched by: the beginning of a field ("Get a customer by name"). */
export const filtered = (
  field: "Domain" | "CompanyName" | "IndirectReseller",
  value: string
): string =>
  `filter=${encodeURIComponent(JSON.stringify({ Field: field, Value: value, Operator: "starts_with" }))}`
