import { mediaTypes } from "@concordat/contracts/book"

/** The Content-Type of a download. */
export const fileType = (format: "xlsx" | "csv" | "json"): string => {
  if (format === "json") return "application/json"
  return format === "csv" ? `${mediaTypes.csv}; charset=utf-8` : mediaTypes.xlsx
}
