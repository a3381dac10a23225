-- pg_jsonschema: does a value fit a JSON Schema (drafts 4 to 2020-12; `format` says nothing, references stay within the
-- schema). Each function takes a part of the keywords.
-- All are strict: the planner tries calls whose arguments it knows, missing keywords among them.

create function json_schema_part(root jsonb, reference text) returns jsonb
language plpgsql immutable strict
as $$
declare
    path text[] := array(
        select replace(replace(step, '~1', '/'), '~0', '~')
        from unnest(string_to_array(substr(reference, 3), '/')) with ordinality as steps (step, place)
        order by place
    );
begin
    if reference = '#' then
        return root;
    end if;
    if reference not like '#/%' then
        raise exception 'the reference % leads out of the schema', reference using errcode = 'feature_not_supported';
    end if;
    return root #> path;
end $$;

create function json_schema_type(wanted text, given jsonb) returns boolean
language sql immutable strict
return case wanted
    when 'integer' then jsonb_typeof(given) = 'number' and given::numeric % 1 = 0
    else jsonb_typeof(given) = wanted
end;

create function json_schema_number(schema jsonb, given numeric) returns boolean
language sql immutable strict
return coalesce(given >= (schema ->> 'minimum')::numeric, true)
    and coalesce(given <= (schema ->> 'maximum')::numeric, true)
    and coalesce(given % (schema ->> 'multipleOf')::numeric = 0, true)
    and case jsonb_typeof(schema -> 'exclusiveMinimum')
        when 'number' then given > (schema ->> 'exclusiveMinimum')::numeric
        when 'boolean' then not (schema ->> 'exclusiveMinimum')::boolean or given > (schema ->> 'minimum')::numeric
        else true end
    and case jsonb_typeof(schema -> 'exclusiveMaximum')
        when 'number' then given < (schema ->> 'exclusiveMaximum')::numeric
        when 'boolean' then not (schema ->> 'exclusiveMaximum')::boolean or given < (schema ->> 'maximum')::numeric
        else true end;

create function json_schema_string(schema jsonb, given text) returns boolean
language sql immutable strict
return coalesce(length(given) >= (schema ->> 'minLength')::numeric, true)
    and coalesce(length(given) <= (schema ->> 'maxLength')::numeric, true)
    and coalesce(given ~ (schema ->> 'pattern'), true);

-- The functions from here on call each other: through `json_schema_fits`, whose body comes last.
create function json_schema_fits(root jsonb, schema jsonb, given jsonb) returns boolean
language plpgsql immutable strict
as $$ begin return null; end $$;

create function json_schema_array(root jsonb, schema jsonb, given jsonb) returns boolean
language plpgsql immutable strict
as $$
declare
    listed jsonb := case
        when jsonb_typeof(schema -> 'items') = 'array' then schema -> 'items'
        else coalesce(schema -> 'prefixItems', '[]')
    end;
    further jsonb := case
        when jsonb_typeof(schema -> 'items') = 'array' then coalesce(schema -> 'additionalItems', 'true')
        else coalesce(schema -> 'items', 'true')
    end;
    found integer;
begin
    if jsonb_array_length(given) < coalesce((schema ->> 'minItems')::numeric, 0)
        or jsonb_array_length(given) > (schema ->> 'maxItems')::numeric
        or exists (
            select from jsonb_array_elements(given) with ordinality as items (item, place)
            where not @extschema@.json_schema_fits(root, coalesce(listed -> (place::integer - 1), further), item)
        )
        or (schema -> 'uniqueItems' = 'true'
            and (select count(distinct item) from jsonb_array_elements(given) as item) < jsonb_array_length(given))
    then
        return false;
    end if;
    if schema ? 'contains' then
        select count(*) into found from jsonb_array_elements(given) as item
        where @extschema@.json_schema_fits(root, schema -> 'contains', item);
        return found >= coalesce((schema ->> 'minContains')::numeric, 1)
            and coalesce(found <= (schema ->> 'maxContains')::numeric, true);
    end if;
    return true;
end $$;

create function json_schema_object(root jsonb, schema jsonb, given jsonb) returns boolean
language plpgsql immutable strict
as $$
declare
    patterns jsonb := coalesce(schema -> 'patternProperties', '{}');
    count integer := (select count(*) from jsonb_object_keys(given));
begin
    return count >= coalesce((schema ->> 'minProperties')::numeric, 0)
        and coalesce(count <= (schema ->> 'maxProperties')::numeric, true)
        and not exists (
            select from jsonb_array_elements_text(coalesce(nullif(schema -> 'required', 'false'), '[]')) as name
            where not given ? name
        )
        and not exists (
            select from jsonb_each(given) as member (name, value)
            where (schema -> 'properties' ? name
                    and not @extschema@.json_schema_fits(root, schema -> 'properties' -> name, member.value))
                or exists (
                    select from jsonb_each(patterns) as pattern (text, schema)
                    where name ~ text and not @extschema@.json_schema_fits(root, pattern.schema, member.value)
                )
                or (schema ? 'propertyNames'
                    and not @extschema@.json_schema_fits(root, schema -> 'propertyNames', to_jsonb(name)))
                or (schema ? 'additionalProperties' and not coalesce(schema -> 'properties' ? name, false)
                    and not exists (select from jsonb_object_keys(patterns) as text where name ~ text)
                    and not @extschema@.json_schema_fits(root, schema -> 'additionalProperties', member.value))
        )
        and not exists (
            select from jsonb_each(
                coalesce(schema -> 'dependencies', '{}') || coalesce(schema -> 'dependentRequired', '{}')
                    || coalesce(schema -> 'dependentSchemas', '{}')
            ) as needs (name, needed)
            where given ? name and not case jsonb_typeof(needed)
                when 'array' then given ?& array(select jsonb_array_elements_text(needed))
                else @extschema@.json_schema_fits(root, needed, given) end
        );
end $$;

create function json_schema_combined(root jsonb, schema jsonb, given jsonb) returns boolean
language plpgsql immutable strict
as $$
begin
    return not exists (
            select from jsonb_array_elements(coalesce(schema -> 'allOf', '[]')) as one
            where not @extschema@.json_schema_fits(root, one, given)
        )
        and (not schema ? 'anyOf' or exists (
            select from jsonb_array_elements(schema -> 'anyOf') as one
            where @extschema@.json_schema_fits(root, one, given)
        ))
        and (not schema ? 'oneOf' or 1 = (
            select count(*) from jsonb_array_elements(schema -> 'oneOf') as one
            where @extschema@.json_schema_fits(root, one, given)
        ))
        and (not schema ? 'not' or not @extschema@.json_schema_fits(root, schema -> 'not', given))
        and (not schema ? 'if' or @extschema@.json_schema_fits(
            root,
            coalesce(
                schema -> case when @extschema@.json_schema_fits(root, schema -> 'if', given) then 'then' else 'else' end,
                'true'
            ),
            given
        ));
end $$;

create or replace function json_schema_fits(root jsonb, schema jsonb, given jsonb) returns boolean
language plpgsql immutable strict
as $$
begin
    if jsonb_typeof(schema) = 'boolean' then
        return schema::boolean;
    end if;
    if schema ? '$ref'
        and not @extschema@.json_schema_fits(root, @extschema@.json_schema_part(root, schema ->> '$ref'), given) then
        return false;
    end if;
    if schema ? 'type' and not exists (
        select from jsonb_array_elements_text(
            case jsonb_typeof(schema -> 'type') when 'array' then schema -> 'type'
                else jsonb_build_array(schema -> 'type') end
        ) as wanted
        where @extschema@.json_schema_type(wanted, given)
    ) then
        return false;
    end if;
    return (not schema ? 'const' or schema -> 'const' = given)
        and (not schema ? 'enum' or exists (
            select from jsonb_array_elements(schema -> 'enum') as one where one = given
        ))
        and case jsonb_typeof(given)
            when 'number' then @extschema@.json_schema_number(schema, given::numeric)
            when 'string' then @extschema@.json_schema_string(schema, given #>> '{}')
            when 'array' then @extschema@.json_schema_array(root, schema, given)
            when 'object' then @extschema@.json_schema_object(root, schema, given)
            else true end
        and @extschema@.json_schema_combined(root, schema, given);
end $$;

-- What the extension is known for.

create function jsonb_matches_schema(schema json, instance jsonb) returns boolean
language sql immutable strict
return @extschema@.json_schema_fits(schema::jsonb, schema::jsonb, instance);

create function json_matches_schema(schema json, instance json) returns boolean
language sql immutable strict
return @extschema@.json_schema_fits(schema::jsonb, schema::jsonb, instance::jsonb);

create function jsonschema_is_valid(schema json) returns boolean
language sql immutable strict
return jsonb_typeof(schema::jsonb) in ('object', 'boolean');

create function jsonschema_validation_errors(schema json, instance json) returns text[]
language sql immutable strict
return case
    when @extschema@.json_matches_schema(schema, instance) then array[]::text[]
    else array[format('%s does not match the schema', instance)]
end;
