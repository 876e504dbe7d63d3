import type { Account } from "../account/Account.ts"
import type { MergeValues } from "./mergeFields.ts"

/** The merge values of an account, the account above it, and the organisation at the root. */
export const accountValues = (
  account: Account,
  parent: Account | null,
  organisation: Account | null
): MergeValues => ({
  "Accounts.Name": account.name,
  "Accounts.Code": account.code,
  "Accounts.Email": account.email ?? "",
  "Accounts.Phone": account.phone ?? "",
  "Accounts.MpnId": account.mpnId ?? parent?.mpnId ?? "",
  "Accounts.ParentAccountName": parent?.name ?? "",
  "Accounts.ParentAccountEmail": parent?.email ?? "",
  "Accounts.ManagerEmail": account.managerEmail ?? parent?.managerEmail ?? "",
  "Organisation.Name": organisation?.name ?? "",
  "Organisation.Email": organisation?.email ?? ""
})
