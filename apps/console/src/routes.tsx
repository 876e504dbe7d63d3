import type { Scope } from "@concordat/core/actor/Actor"
import { Anchor } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import {
  createRootRoute,
  createRoute,
  createRouter,
  Link,
  lazyRouteComponent,
  Outlet
} from "@tanstack/react-router"
import { sessionQuery, useMay } from "./api/Session.tsx"
import { Shell } from "./frame/Shell.tsx"
import { SignIn } from "./frame/SignIn.tsx"
import { listSearch, parseSearch, stringifySearch } from "./frame/search.ts"
import {
  accountSearch,
  accountsSearch,
  newAccountSearch,
  tenantSearch
} from "./pages/accounts/accounts.ts"
import { agreementsSearch } from "./pages/agreements/agreements.ts"
import { catalogueRunSearch, catalogueSearch } from "./pages/catalogue/catalogueRuns.ts"
import { productSearch, productsSearch, productTypesSearch } from "./pages/catalogue/products.ts"
import { customersSearch } from "./pages/imports/imports.ts"
import { instanceSearch, instancesSearch } from "./pages/instances/instances.ts"
import { jobsSearch } from "./pages/jobs/jobs.ts"
import { outboxSearch } from "./pages/mail/mails.ts"
import { templateSearch } from "./pages/mail/templates.ts"
import { Overview } from "./pages/overview/Overview.tsx"
import { priceGroupsSearch } from "./pages/prices/priceGroups.ts"
import { priceListSearch, priceListsSearch } from "./pages/prices/priceLists.ts"
import { priceProtectionsSearch } from "./pages/prices/priceProtections.ts"
import { priceSheetsSearch } from "./pages/pricesheets/priceSheets.ts"
import { comparisonSearch, rowSearch, rowsSearch } from "./pages/reconciliations/runs.ts"
import { subscriptionsSearch } from "./pages/subscriptions/subscriptions.ts"
import { systemSearch } from "./pages/system/system.ts"
import { Empty, Loading, NoPermission, PageHead, ProblemBox } from "./show/States.tsx"

/** Nobody sees a page without having signed in; the address stays, so that it is there afterwards. */
const Gate = () => {
  const session = useQuery(sessionQuery)
  if (session.data === undefined)
    return session.error === null ? (
      <Loading />
    ) : (
      <ProblemBox problem={session.error} onRetry={() => void session.refetch()} />
    )
  return session.data === null ? <SignIn /> : <Shell session={session.data} />
}

const NotFound = () => (
  <>
    <PageHead title="No such page" />
    <Empty title="Nothing lives at this address">
      <Anchor component={Link} to="/">
        To the overview
      </Anchor>
    </Empty>
  </>
)

/** What the role may not see is said instead of asked for. */
const Allowed = ({ scope }: { readonly scope: Scope }) =>
  useMay(scope) ? <Outlet /> : <NoPermission scope={scope} />

const root = createRootRoute({ component: Gate, notFoundComponent: NotFound })

const overview = createRoute({ getParentRoute: () => root, path: "/", component: Overview })

const reconciliations = createRoute({
  getParentRoute: () => root,
  path: "/reconciliations",
  component: () => <Allowed scope="reconciliations:read" />
})
const runs = createRoute({
  getParentRoute: () => reconciliations,
  path: "/",
  validateSearch: listSearch,
  component: lazyRouteComponent(() => import("./pages/reconciliations/Runs.tsx"), "Runs")
})
const run = createRoute({
  getParentRoute: () => reconciliations,
  path: "/$id"
})
const report = createRoute({
  getParentRoute: () => run,
  path: "/",
  validateSearch: rowsSearch,
  component: lazyRouteComponent(() => import("./pages/reconciliations/Report.tsx"), "Report")
})
const row = createRoute({
  getParentRoute: () => run,
  path: "/rows/$row",
  validateSearch: rowSearch,
  component: lazyRouteComponent(() => import("./pages/reconciliations/RowPage.tsx"), "RowPage")
})
const comparison = createRoute({
  getParentRoute: () => run,
  path: "/comparison",
  validateSearch: comparisonSearch,
  component: lazyRouteComponent(
    () => import("./pages/reconciliations/ComparisonPage.tsx"),
    "ComparisonPage"
  )
})

const accounts = createRoute({
  getParentRoute: () => root,
  path: "/accounts",
  component: () => <Allowed scope="accounts:read" />
})
const accountList = createRoute({
  getParentRoute: () => accounts,
  path: "/",
  validateSearch: accountsSearch,
  component: lazyRouteComponent(() => import("./pages/accounts/Accounts.tsx"), "Accounts")
})
const newAccount = createRoute({
  getParentRoute: () => accounts,
  path: "/new",
  validateSearch: newAccountSearch,
  component: lazyRouteComponent(
    () => import("./pages/accounts/NewAccountPage.tsx"),
    "NewAccountPage"
  )
})
const account = createRoute({
  getParentRoute: () => accounts,
  path: "/$id"
})
const accountPage = createRoute({
  getParentRoute: () => account,
  path: "/",
  validateSearch: accountSearch,
  component: lazyRouteComponent(() => import("./pages/accounts/AccountPage.tsx"), "AccountPage")
})
const tenant = createRoute({
  getParentRoute: () => account,
  path: "/tenant",
  validateSearch: tenantSearch,
  component: lazyRouteComponent(() => import("./pages/accounts/TenantPage.tsx"), "TenantPage")
})
const editAccount = createRoute({
  getParentRoute: () => account,
  path: "/edit",
  component: lazyRouteComponent(
    () => import("./pages/accounts/EditAccountPage.tsx"),
    "EditAccountPage"
  )
})

const subscriptions = createRoute({
  getParentRoute: () => root,
  path: "/subscriptions",
  component: () => <Allowed scope="accounts:read" />
})
const subscriptionList = createRoute({
  getParentRoute: () => subscriptions,
  path: "/",
  validateSearch: subscriptionsSearch,
  component: lazyRouteComponent(
    () => import("./pages/subscriptions/Subscriptions.tsx"),
    "Subscriptions"
  )
})
const subscription = createRoute({
  getParentRoute: () => subscriptions,
  path: "/$id",
  component: lazyRouteComponent(
    () => import("./pages/subscriptions/SubscriptionPage.tsx"),
    "SubscriptionPage"
  )
})

const instances = createRoute({
  getParentRoute: () => root,
  path: "/instances",
  component: () => <Allowed scope="instances:read" />
})
const instanceList = createRoute({
  getParentRoute: () => instances,
  path: "/",
  validateSearch: instancesSearch,
  component: lazyRouteComponent(() => import("./pages/instances/Instances.tsx"), "Instances")
})
const instance = createRoute({
  getParentRoute: () => instances,
  path: "/$name",
  validateSearch: instanceSearch,
  component: lazyRouteComponent(() => import("./pages/instances/InstancePage.tsx"), "InstancePage")
})

const catalogueRuns = createRoute({
  getParentRoute: () => root,
  path: "/catalogue-runs",
  component: () => <Allowed scope="catalogue:read" />
})
const catalogueRunList = createRoute({
  getParentRoute: () => catalogueRuns,
  path: "/",
  validateSearch: catalogueSearch,
  component: lazyRouteComponent(
    () => import("./pages/catalogue/CatalogueRuns.tsx"),
    "CatalogueRuns"
  )
})
const catalogueRun = createRoute({
  getParentRoute: () => catalogueRuns,
  path: "/$id",
  validateSearch: catalogueRunSearch,
  component: lazyRouteComponent(
    () => import("./pages/catalogue/CatalogueRunPage.tsx"),
    "CatalogueRunPage"
  )
})
const products = createRoute({
  getParentRoute: () => root,
  path: "/products",
  component: () => <Allowed scope="catalogue:read" />
})
const productsPage = createRoute({
  getParentRoute: () => products,
  path: "/",
  validateSearch: productsSearch,
  component: lazyRouteComponent(() => import("./pages/catalogue/Products.tsx"), "Products")
})
const product = createRoute({
  getParentRoute: () => products,
  path: "/$id",
  validateSearch: productSearch,
  component: lazyRouteComponent(() => import("./pages/catalogue/ProductPage.tsx"), "ProductPage")
})
const productTypes = createRoute({
  getParentRoute: () => root,
  path: "/product-types",
  component: () => <Allowed scope="catalogue:read" />
})
const productTypesPage = createRoute({
  getParentRoute: () => productTypes,
  path: "/",
  validateSearch: productTypesSearch,
  component: lazyRouteComponent(() => import("./pages/catalogue/ProductTypes.tsx"), "ProductTypes")
})

const priceLists = createRoute({
  getParentRoute: () => root,
  path: "/price-lists",
  component: () => <Allowed scope="price-lists:read" />
})
const priceListList = createRoute({
  getParentRoute: () => priceLists,
  path: "/",
  validateSearch: priceListsSearch,
  component: lazyRouteComponent(() => import("./pages/prices/PriceLists.tsx"), "PriceLists")
})
const priceList = createRoute({
  getParentRoute: () => priceLists,
  path: "/$id",
  validateSearch: priceListSearch,
  component: lazyRouteComponent(() => import("./pages/prices/PriceListPage.tsx"), "PriceListPage")
})

const priceGroups = createRoute({
  getParentRoute: () => root,
  path: "/price-groups",
  component: () => <Allowed scope="price-lists:read" />
})
const priceGroupList = createRoute({
  getParentRoute: () => priceGroups,
  path: "/",
  validateSearch: priceGroupsSearch,
  component: lazyRouteComponent(() => import("./pages/prices/PriceGroups.tsx"), "PriceGroups")
})
const priceGroup = createRoute({
  getParentRoute: () => priceGroups,
  path: "/$id",
  validateSearch: listSearch,
  component: lazyRouteComponent(() => import("./pages/prices/PriceGroupPage.tsx"), "PriceGroupPage")
})
const priceProtections = createRoute({
  getParentRoute: () => root,
  path: "/price-protections",
  component: () => <Allowed scope="price-lists:read" />
})
const priceProtectionsPage = createRoute({
  getParentRoute: () => priceProtections,
  path: "/",
  validateSearch: priceProtectionsSearch,
  component: lazyRouteComponent(
    () => import("./pages/prices/PriceProtections.tsx"),
    "PriceProtections"
  )
})
const priceSheets = createRoute({
  getParentRoute: () => root,
  path: "/price-sheets",
  component: () => <Allowed scope="catalogue:read" />
})
const priceSheetList = createRoute({
  getParentRoute: () => priceSheets,
  path: "/",
  validateSearch: priceSheetsSearch,
  component: lazyRouteComponent(() => import("./pages/pricesheets/PriceSheets.tsx"), "PriceSheets")
})
const priceSheet = createRoute({
  getParentRoute: () => priceSheets,
  path: "/$id",
  validateSearch: listSearch,
  component: lazyRouteComponent(
    () => import("./pages/pricesheets/PriceSheetPage.tsx"),
    "PriceSheetPage"
  )
})

const imports = createRoute({
  getParentRoute: () => root,
  path: "/imports",
  component: () => <Allowed scope="imports:read" />
})
const importList = createRoute({
  getParentRoute: () => imports,
  path: "/",
  validateSearch: listSearch,
  component: lazyRouteComponent(() => import("./pages/imports/Imports.tsx"), "Imports")
})
const importPage = createRoute({
  getParentRoute: () => imports,
  path: "/$id",
  validateSearch: customersSearch,
  component: lazyRouteComponent(() => import("./pages/imports/ImportPage.tsx"), "ImportPage")
})

const agreements = createRoute({
  getParentRoute: () => root,
  path: "/agreements",
  component: () => <Allowed scope="accounts:read" />
})
const agreementsPage = createRoute({
  getParentRoute: () => agreements,
  path: "/",
  validateSearch: agreementsSearch,
  component: lazyRouteComponent(() => import("./pages/agreements/Agreements.tsx"), "Agreements")
})

const outbox = createRoute({
  getParentRoute: () => root,
  path: "/outbox",
  component: () => <Allowed scope="outbox:read" />
})
const mails = createRoute({
  getParentRoute: () => outbox,
  path: "/",
  validateSearch: outboxSearch,
  component: lazyRouteComponent(() => import("./pages/mail/Outbox.tsx"), "Outbox")
})
const mail = createRoute({
  getParentRoute: () => outbox,
  path: "/$id",
  component: lazyRouteComponent(() => import("./pages/mail/MailPage.tsx"), "MailPage")
})

const templates = createRoute({
  getParentRoute: () => root,
  path: "/templates",
  component: () => <Allowed scope="templates:read" />
})
const templateList = createRoute({
  getParentRoute: () => templates,
  path: "/",
  component: lazyRouteComponent(() => import("./pages/mail/Templates.tsx"), "Templates")
})
const template = createRoute({
  getParentRoute: () => templates,
  path: "/$kind",
  validateSearch: templateSearch,
  component: lazyRouteComponent(() => import("./pages/mail/TemplatePage.tsx"), "TemplatePage")
})

const jobs = createRoute({
  getParentRoute: () => root,
  path: "/jobs",
  component: () => <Allowed scope="jobs:read" />
})
const jobsPage = createRoute({
  getParentRoute: () => jobs,
  path: "/",
  validateSearch: jobsSearch,
  component: lazyRouteComponent(() => import("./pages/jobs/Jobs.tsx"), "Jobs")
})

const me = createRoute({
  getParentRoute: () => root,
  path: "/me",
  component: lazyRouteComponent(() => import("./pages/me/Me.tsx"), "Me")
})

const system = createRoute({
  getParentRoute: () => root,
  path: "/system",
  component: () => <Allowed scope="jobs:read" />
})
const systemPage = createRoute({
  getParentRoute: () => system,
  path: "/",
  validateSearch: systemSearch,
  component: lazyRouteComponent(() => import("./pages/system/System.tsx"), "System")
})

export const router = createRouter({
  routeTree: root.addChildren([
    overview,
    reconciliations.addChildren([runs, run.addChildren([report, row, comparison])]),
    accounts.addChildren([
      accountList,
      newAccount,
      account.addChildren([accountPage, editAccount, tenant])
    ]),
    subscriptions.addChildren([subscriptionList, subscription]),
    instances.addChildren([instanceList, instance]),
    catalogueRuns.addChildren([catalogueRunList, catalogueRun]),
    products.addChildren([productsPage, product]),
    productTypes.addChildren([productTypesPage]),
    priceLists.addChildren([priceListList, priceList]),
    priceGroups.addChildren([priceGroupList, priceGroup]),
    priceProtections.addChildren([priceProtectionsPage]),
    priceSheets.addChildren([priceSheetList, priceSheet]),
    imports.addChildren([importList, importPage]),
    agreements.addChildren([agreementsPage]),
    outbox.addChildren([mails, mail]),
    templates.addChildren([templateList, template]),
    jobs.addChildren([jobsPage]),
    me,
    system.addChildren([systemPage])
  ]),
  parseSearch,
  stringifySearch,
  scrollRestoration: true,
  defaultPreload: false,
  defaultPendingComponent: Loading
})

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router
  }
}
