import { type RawBuilder, sql } from "kysely"

/** The accounts that searches are measured among: one organisation, resellers, and customers called as `name` says of the number n. */
export const fillAccounts = (accounts: number, resellers: number, name: RawBuilder<unknown>) => sql`
  with root as (
    insert into account (id, parent_id, ancestors, kind, name, code)
    select id, null, array[id], 'organisation', 'Organisation', 'organisation'
    from (select gen_random_uuid() as id) new returning id
  ), reseller as (
    insert into account (id, parent_id, ancestors, kind, name, code, edition)
    select new.id, root.id, array[root.id, new.id], 'reseller', 'Reseller ' || n, 'R-' || n, 'basic'
    from root, (select n, gen_random_uuid() as id from generate_series(1, ${resellers}::int) n) new
    returning id, ancestors, code
  ), numbered as (
    select id, ancestors, row_number() over (order by code) - 1 as at from reseller
  )
  insert into account (id, parent_id, ancestors, kind, name, code, email)
  select new.id, numbered.id, numbered.ancestors || new.id, 'customer', ${name},
    'C-' || lpad(n::text, 6, '0'), 'office' || n || '@mail' || n % 997 || '.example'
  from (select n, gen_random_uuid() as id from generate_series(1, ${accounts}::int) n) new
  join numbered on numbered.at = n % ${resellers}::int`

/** The instance that they are tenants of. */
export const fillInstance = sql`
  insert into instance (id, name, cloud, endpoint_api, endpoint_login, endpoint_resource, endpoint_prices, tenant_id,
    app_id, csp_status, requests_per_minute, disabled, version, countries)
  select gen_random_uuid(), 'bench', 'custom', '', '', '', '', gen_random_uuid(), gen_random_uuid(), 'indirect', 500,
    false, 1, array['US']`

/** Of ten parts of the customers, one becomes tenants. */
export const fillTenants = (part: number) => sql`
  insert into account_tenant (instance_id, tenant_id, account_id, domain)
  select instance.id, gen_random_uuid(), account.id, 'tenant' || substr(code, 3) || '.onmicrosoft.com'
  from instance, account where kind = 'customer' and substr(code, 3)::int % 10 = ${part}`
