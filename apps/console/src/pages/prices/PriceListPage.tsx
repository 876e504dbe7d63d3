import { Anchor, SimpleGrid, Tabs, Text } from "@mantine/core"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useRead } from "../../api/hooks.ts"
import { nameIn } from "../../frame/search.ts"
import { Fact } from "../../show/Fact.tsx"
import { Instant } from "../../show/Instant.tsx"
import { State } from "../../show/State.tsx"
import { PageHead, Shown } from "../../show/States.tsx"
import { PriceListAccounts } from "./PriceListAccounts.tsx"
import { PriceListPreview } from "./PriceListPreview.tsx"
import { PriceListRules } from "./PriceListRules.tsx"
import { PriceListSettings } from "./PriceListSettings.tsx"
import { sectionNames } from "./priceLists.ts"

const route = getRouteApi("/price-lists/$id")

/** A price list: its rules, who buys by it, and what a customer sees. */
export const PriceListPage = () => {
  const { id } = route.useParams()
  const { show = "entries" } = route.useSearch()
  const navigate = route.useNavigate()
  const list = useRead("GET /v1/pricelists/:id", { params: { id } })
  return (
    <Shown of={list} title="Price list">
      {(list) => (
        <>
          <PageHead
            title={list.name}
            above={
              <Anchor component={Link} to="/price-lists" size="sm">
                Price lists
              </Anchor>
            }
          />
          {list.description !== "" && (
            <Text mb="sm" className="foreign">
              {list.description}
            </Text>
          )}
          <SimpleGrid cols={{ base: 2, md: 4 }} mb="md">
            <Fact label="Instance">{list.instance}</Fact>
            <Fact label="Currency and market">
              {list.currency}, {list.market ?? "no market"}
            </Fact>
            <Fact label="Valid">
              <Instant at={list.validFrom} /> –{" "}
              {list.validTo === null ? "no end" : <Instant at={list.validTo} />}
            </Fact>
            <Fact label="In use">
              <State tone={list.active ? "good" : "neutral"}>
                {list.active ? "active" : "inactive"}
              </State>
            </Fact>
          </SimpleGrid>
          <Tabs
            keepMounted={false}
            value={show}
            onChange={(value) =>
              void navigate({ search: { show: nameIn({ value }, "value", sectionNames) } })
            }
          >
            <Tabs.List mb="sm">
              {Object.entries(sectionNames).map(([value, label]) => (
                <Tabs.Tab key={value} value={value}>
                  {label}
                </Tabs.Tab>
              ))}
            </Tabs.List>
            <Tabs.Panel value="entries">
              <PriceListRules list={list} />
            </Tabs.Panel>
            <Tabs.Panel value="accounts">
              <PriceListAccounts id={id} />
            </Tabs.Panel>
            <Tabs.Panel value="preview">
              <PriceListPreview id={id} />
            </Tabs.Panel>
            <Tabs.Panel value="settings">
              <PriceListSettings key={list.id} list={list} />
            </Tabs.Panel>
          </Tabs>
        </>
      )}
    </Shown>
  )
}
