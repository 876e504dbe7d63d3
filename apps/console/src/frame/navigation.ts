import type { Scope } from "@concordat/core/actor/Actor"
import {
  IconBuildingCommunity,
  IconCloudDataConnection,
  IconDownload,
  IconFileDollar,
  IconFileText,
  IconGauge,
  IconLicense,
  IconListCheck,
  IconListDetails,
  IconMail,
  IconPackage,
  IconScale,
  IconSettings,
  IconTag,
  IconTemplate,
  type TablerIcon
} from "@tabler/icons-react"

export interface Place {
  readonly to:
    | "/"
    | "/reconciliations"
    | "/accounts"
    | "/subscriptions"
    | "/instances"
    | "/catalogue-runs"
    | "/products"
    | "/price-lists"
    | "/price-sheets"
    | "/imports"
    | "/agreements"
    | "/outbox"
    | "/templates"
    | "/jobs"
    | "/system"
  readonly label: string
  readonly icon: TablerIcon
  /** What a session needs to see anything there; null: to be signed in. */
  readonly scope: Scope | null
}

/** The console's pages, in the order of the navigation. */
export const places: ReadonlyArray<Place> = [
  { to: "/", label: "Overview", icon: IconGauge, scope: null },
  {
    to: "/reconciliations",
    label: "Reconciliations",
    icon: IconScale,
    scope: "reconciliations:read"
  },
  { to: "/accounts", label: "Accounts", icon: IconBuildingCommunity, scope: "accounts:read" },
  { to: "/subscriptions", label: "Subscriptions", icon: IconLicense, scope: "accounts:read" },
  { to: "/instances", label: "Instances", icon: IconCloudDataConnection, scope: "instances:read" },
  {
    to: "/catalogue-runs",
    label: "Catalogue runs",
    icon: IconListDetails,
    scope: "catalogue:read"
  },
  { to: "/products", label: "Products", icon: IconPackage, scope: "catalogue:read" },
  { to: "/price-lists", label: "Price lists", icon: IconTag, scope: "price-lists:read" },
  { to: "/price-sheets", label: "Price sheets", icon: IconFileDollar, scope: "catalogue:read" },
  { to: "/imports", label: "Imports", icon: IconDownload, scope: "imports:read" },
  { to: "/agreements", label: "Agreements", icon: IconFileText, scope: "accounts:read" },
  { to: "/outbox", label: "Outbox", icon: IconMail, scope: "outbox:read" },
  { to: "/templates", label: "Templates", icon: IconTemplate, scope: "templates:read" },
  { to: "/jobs", label: "Jobs", icon: IconListCheck, scope: "jobs:read" },
  { to: "/system", label: "System", icon: IconSettings, scope: "jobs:read" }
]
