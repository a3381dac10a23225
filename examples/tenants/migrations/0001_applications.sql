-- What there is to be licensed, and the navigation that comes with it. The base application brings to-do lists,
-- discussions and the address book; incidents are an application of their own, which every tenant gets.

select app_fn.install_anchor_application();

select app_fn.install_application(row(
    'inc', 'Incidents',
    array[
        row('incidents-user', 'Incidents User', array['p:incidents'], 'user'),
        row('incidents-admin', 'Incidents Admin', array['p:incidents', 'p:incidents-admin'], 'admin')
    ]::app_fn.license_type_info[],
    array[
        row('incidents', 'Incidents', 'What happens, where, and what is to be done about it', array[
            row('incidents-user', -1, 'none', 1), row('incidents-admin', -1, 'none', 1)
        ]::app_fn.license_pack_license_type_info[], true)
    ]::app_fn.license_pack_info[],
    array[
        row('incidents', 'Incidents', array['p:incidents'], null, 500, array[
            row('incidents', 'Incidents', array['p:incidents'], null, '/tools/incidents', 100)
        ]::app_fn.tool_info[])
    ]::app_fn.module_info[]
)::app_fn.application_info);
