import { Button, Card, Group, SimpleGrid, Switch, Text, TextInput, Title } from "@mantine/core"
import { useState } from "react"
import { useCommand } from "../../api/hooks.ts"
import type { Payload } from "../../api/Operations.ts"
import { useMay } from "../../api/Session.tsx"
import { amountText } from "../../show/amount.ts"
import { ProblemBox } from "../../show/States.tsx"
import { useTexts } from "../../show/useTexts.ts"
import { type Product, productReadings } from "./products.ts"

type Patch = Payload<"PATCH /v1/catalogue/products/:id">

const textsOf = (product: Product) => ({
  name: product.name,
  code: product.code,
  sell: product.sellPrice.amount,
  sellCurrency: product.sellPrice.currency,
  buy: product.purchasePrice.amount,
  buyCurrency: product.purchasePrice.currency,
  months: String(product.protectionMonths)
})

/** What is the operator's about a product: its name, code and prices, and whether it is for sale. */
export const EditProduct = ({ product }: { readonly product: Product }) => {
  const mayWrite = useMay("catalogue:write")
  const change = useCommand("PATCH /v1/catalogue/products/:id", productReadings)
  const form = useTexts(textsOf(product), change.error)
  const [annual, setAnnual] = useState<boolean | null>(null)
  const [published, setPublished] = useState<boolean | null>(null)
  const { isChanged, texts } = form
  const patch: Patch = {
    ...(isChanged("name") ? { name: texts.name.trim() } : {}),
    ...(isChanged("code") ? { code: texts.code.trim() } : {}),
    ...(isChanged("sell") || isChanged("sellCurrency")
      ? { sellPrice: { amount: amountText(texts.sell), currency: texts.sellCurrency.trim() } }
      : {}),
    ...(isChanged("buy") || isChanged("buyCurrency")
      ? { purchasePrice: { amount: amountText(texts.buy), currency: texts.buyCurrency.trim() } }
      : {}),
    ...(isChanged("months") ? { protectionMonths: Number(texts.months) } : {}),
    ...(annual === null || annual === product.annualEnabled ? {} : { annualEnabled: annual }),
    ...(published === null || published === product.published ? {} : { published })
  }
  const isUnchanged = Object.keys(patch).length === 0
  const keep = (payload: Patch) =>
    change.mutate(
      { parts: { params: { id: product.id }, payload }, version: product.version },
      {
        onSuccess: (kept) => {
          form.restart(textsOf(kept))
          setAnnual(null)
          setPublished(null)
        }
      }
    )
  return (
    <Card withBorder component="section" aria-label="Yours">
      <Title order={2} size="h4" mb="xs">
        Yours
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        No catalogue run changes these, but for the name where the instance says so. Prices are of
        one seat and month; price lists come before them.
      </Text>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          keep(patch)
        }}
      >
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          <TextInput required disabled={!mayWrite} label="Name" {...form.text("name")} />
          <TextInput required disabled={!mayWrite} label="Code" {...form.text("code")} />
          <Group align="start" grow>
            <TextInput
              required
              disabled={!mayWrite}
              label="Sell price"
              inputMode="decimal"
              {...form.text("sell", "sellPrice.amount")}
            />
            <TextInput
              required
              disabled={!mayWrite}
              label="Currency of the sell price"
              maxLength={3}
              {...form.text("sellCurrency", "sellPrice.currency")}
            />
          </Group>
          <Group align="start" grow>
            <TextInput
              required
              disabled={!mayWrite}
              label="Purchase price"
              inputMode="decimal"
              {...form.text("buy", "purchasePrice.amount")}
            />
            <TextInput
              required
              disabled={!mayWrite}
              label="Currency of the purchase price"
              maxLength={3}
              {...form.text("buyCurrency", "purchasePrice.currency")}
            />
          </Group>
          <TextInput
            required
            disabled={!mayWrite}
            label="Price protection, in months"
            description="0: none; at most 120"
            inputMode="numeric"
            pattern="[0-9]+"
            title="A whole number"
            {...form.text("months", "protectionMonths")}
          />
          <div>
            <Switch
              mt="md"
              disabled={!mayWrite}
              label="May be ordered by the year"
              description="Where Microsoft bills it by the year"
              checked={annual ?? product.annualEnabled}
              onChange={({ currentTarget }) => setAnnual(currentTarget.checked)}
            />
            <Switch
              mt="md"
              disabled={!mayWrite}
              label="Published"
              description="For sale by the price lists"
              checked={published ?? product.published}
              onChange={({ currentTarget }) => setPublished(currentTarget.checked)}
            />
          </div>
        </SimpleGrid>
        {change.error !== null && <ProblemBox problem={change.error} />}
        {mayWrite && (
          <Group mt="md">
            <Button type="submit" disabled={isUnchanged} loading={change.isPending}>
              Save
            </Button>
            {product.status !== "none" && (
              <Button
                variant="default"
                loading={change.isPending}
                onClick={() => keep({ acknowledged: true })}
              >
                Acknowledge
              </Button>
            )}
            {change.isSuccess && isUnchanged && (
              <Text size="sm" role="status">
                Saved
              </Text>
            )}
          </Group>
        )}
      </form>
    </Card>
  )
}
