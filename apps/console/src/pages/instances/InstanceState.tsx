import { SimpleGrid, Stack } from "@mantine/core"
import { Fact } from "../../show/Fact.tsx"
import { State } from "../../show/State.tsx"
import { Budget } from "./Budget.tsx"
import { ConnectionCard } from "./ConnectionCard.tsx"
import { ConsentCard } from "./ConsentCard.tsx"
import { cloudNames, cspStatusNames, type InstanceItem } from "./instances.ts"

/** How an instance stands now: what it is, whether it works, and how much it may ask. */
export const InstanceState = ({ instance }: { readonly instance: InstanceItem }) => (
  <Stack gap="lg">
    <SimpleGrid cols={{ base: 2, md: 4 }}>
      <Fact label="Work">
        {instance.disabled ? (
          <State tone="bad">disabled</State>
        ) : (
          <State tone="good">enabled</State>
        )}
      </Fact>
      <Fact label="Live account">
        <State tone={instance.environment === "sandbox" ? "warning" : "good"}>
          {instance.environment}
        </State>
      </Fact>
      <Fact label="Cloud">{cloudNames[instance.cloud]}</Fact>
      <Fact label="CSP status">{cspStatusNames[instance.cspStatus]}</Fact>
      <Fact label="Account id">{instance.tenantId}</Fact>
      <Fact label="Default domain">{instance.tenantDomain ?? "not known"}</Fact>
      <Fact label="Application id">{instance.appId}</Fact>
      <Fact label="Partner ID">{instance.mpnId ?? "–"}</Fact>
      <Fact label="Countries">{instance.countries.join(", ")}</Fact>
      <Fact label="Catalogue">
        {instance.catalogueLanguage}, {instance.catalogueSchedule ?? "read by hand only"}
      </Fact>
      <Fact label="REST API">{instance.endpoints.api}</Fact>
      <Fact label="Sign-in">{instance.endpoints.login}</Fact>
    </SimpleGrid>
    <ConnectionCard instance={instance} />
    <ConsentCard name={instance.name} />
    <Budget name={instance.name} />
  </Stack>
)
