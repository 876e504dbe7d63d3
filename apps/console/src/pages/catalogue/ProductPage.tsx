import { Anchor, Card, Code, List, SimpleGrid, Stack, Tabs, Text, Title } from "@mantine/core"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useRead } from "../../api/hooks.ts"
import { nameIn } from "../../frame/search.ts"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Fact } from "../../show/Fact.tsx"
import { Instant } from "../../show/Instant.tsx"
import { countText } from "../../show/Money.tsx"
import { State } from "../../show/State.tsx"
import { Empty, PageHead, Shown } from "../../show/States.tsx"
import { EditProduct } from "./EditProduct.tsx"
import {
  changeText,
  chargeTypeNames,
  familyNames,
  type Product,
  planText,
  productSections,
  segmentNames,
  statusNames,
  statusTone
} from "./products.ts"
import { SheetPrices } from "./SheetPrices.tsx"

const route = getRouteApi("/products/$id")

/** One product: what Microsoft says of it, and what is yours about it. */
export const ProductPage = () => {
  const { id } = route.useParams()
  const { show = "product" } = route.useSearch()
  const navigate = route.useNavigate()
  const product = useRead("GET /v1/catalogue/products/:id", { params: { id } })
  return (
    <Shown of={product} title="Product">
      {(product) => (
        <>
          <PageHead
            title={product.name}
            above={
              <Anchor
                component={Link}
                to={`/products?instance=${encodeURIComponent(product.instance)}`}
                size="sm"
              >
                Products of {product.instance}
              </Anchor>
            }
          >
            <State tone={product.published ? "good" : "neutral"}>
              {product.published ? "published" : "not published"}
            </State>
          </PageHead>
          <Tabs
            keepMounted={false}
            value={show}
            onChange={(value) =>
              void navigate({ search: { show: nameIn({ value }, "value", productSections) } })
            }
          >
            <Tabs.List mb="md">
              {Object.entries(productSections).map(([value, label]) => (
                <Tabs.Tab key={value} value={value}>
                  {label}
                </Tabs.Tab>
              ))}
            </Tabs.List>
            <Tabs.Panel value="product">
              <Stack>
                <Changes product={product} />
                <Facts product={product} />
                <EditProduct key={product.id} product={product} />
                <Description product={product} />
              </Stack>
            </Tabs.Panel>
            <Tabs.Panel value="sold">
              <Availabilities product={product} />
            </Tabs.Panel>
            <Tabs.Panel value="prices">
              <SheetPrices product={product} />
            </Tabs.Panel>
          </Tabs>
        </>
      )}
    </Shown>
  )
}

const Facts = ({ product }: { readonly product: Product }) => (
  <SimpleGrid cols={{ base: 2, md: 4 }}>
    <Fact label="Offer">{product.offer}</Fact>
    <Fact label="Family">{familyNames[product.family]}</Fact>
    <Fact label="Segment">{segmentNames[product.segment]}</Fact>
    <Fact label="Charged">{chargeTypeNames[product.chargeType]}</Fact>
    <Fact label="Seats">
      {countText(product.minimumQuantity)} – {countText(product.maximumQuantity)}
    </Fact>
    <Fact label="Kind">{product.isAddon ? "Add-on" : "Base product"}</Fact>
    <Fact label="Trial">
      {product.trialOffer === null
        ? "none"
        : `${product.trialOffer}, ${product.trialEnabled ? "offered" : "not offered"}`}
    </Fact>
    <Fact label="Discontinued">
      {product.discontinuedAt === null ? "no" : <Instant at={product.discontinuedAt} />}
    </Fact>
    <Fact label="Terms and billing cycles">
      {product.plans.length === 0 ? (
        "–"
      ) : (
        <List size="sm" listStyleType="none">
          {product.plans.map((plan) => (
            <List.Item key={planText(plan)}>{planText(plan)}</List.Item>
          ))}
        </List>
      )}
    </Fact>
    <Fact label="Needs one of">
      {product.prerequisites.length === 0 ? (
        "–"
      ) : (
        <List size="sm" listStyleType="none">
          {product.prerequisites.map((offer) => (
            <List.Item key={offer}>
              <Anchor
                component={Link}
                to={`/products?instance=${encodeURIComponent(product.instance)}&q=${encodeURIComponent(offer)}`}
              >
                {offer}
              </Anchor>
            </List.Item>
          ))}
        </List>
      )}
    </Fact>
  </SimpleGrid>
)

const Changes = ({ product: { changes, status } }: { readonly product: Product }) =>
  status === "none" ? null : (
    <Card withBorder component="section" aria-label="Since it was acknowledged">
      <Title order={2} size="h4" mb="xs">
        Since it was acknowledged
      </Title>
      <State tone={statusTone[status]}>{statusNames[status]}</State>
      {changes.length > 0 && (
        <List size="sm" mt="xs">
          {changes.map((change) => (
            <List.Item key={change.field} className="foreign">
              {changeText(change)}
            </List.Item>
          ))}
        </List>
      )}
    </Card>
  )

const Description = ({
  product: { description, microsoftName }
}: {
  readonly product: Product
}) => (
  <Card withBorder component="section" aria-label="What Microsoft says">
    <Title order={2} size="h4" mb="xs">
      What Microsoft says
    </Title>
    {microsoftName !== null && (
      <Text size="sm" fw={600} className="foreign">
        {microsoftName}
      </Text>
    )}
    <Text size="sm" className="foreign wrapped">
      {description === "" ? "Nothing yet: no catalogue run has seen it." : description}
    </Text>
  </Card>
)

type Availability = Product["availabilities"][number]

const availabilityColumns: ReadonlyArray<Column<Availability>> = [
  { id: "country", header: "Country", cell: ({ country }) => country },
  { id: "segment", header: "Segment", cell: ({ segment }) => segmentNames[segment] },
  {
    id: "purchasable",
    header: "New customers",
    cell: ({ isPurchasable }) => (
      <State tone={isPurchasable ? "good" : "warning"}>
        {isPurchasable ? "may buy it" : "may not buy it"}
      </State>
    )
  },
  {
    id: "seats",
    header: "Seats",
    align: "right",
    cell: ({ maximumQuantity, minimumQuantity }) =>
      `${countText(minimumQuantity)} – ${countText(maximumQuantity)}`
  },
  {
    id: "plans",
    header: "Terms and billing cycles",
    cell: ({ plans }) => plans.map(planText).join("; ")
  },
  {
    id: "item",
    header: "Catalogue item",
    cell: ({ catalogItemId }) =>
      catalogItemId === null ? "–" : <Code className="foreign">{catalogItemId}</Code>
  },
  { id: "read", header: "Read", cell: ({ readAt }) => <Instant at={readAt} /> }
]

const Availabilities = ({ product }: { readonly product: Product }) =>
  product.availabilities.length === 0 ? (
    <Empty title="No catalogue run has seen it yet">
      Read the catalogue of {product.instance} first.
    </Empty>
  ) : (
    <DataTable
      label="Where it is sold"
      rows={product.availabilities}
      columns={availabilityColumns}
      keyOf={({ country, segment }) => `${country} ${segment}`}
    />
  )
