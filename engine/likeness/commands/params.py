"""`likeness params`."""


def params(*, markdown: bool = False, json: bool = False) -> None:
    """List the parameters of the master, the show and every bundled plugin.

    Parameters
    ----------
    markdown
        In the form of docs/parameters.md.
    json
        As an OSCQuery tree.
    """
    from likeness.show.load_rack import declare_all_params

    store = declare_all_params()
    if json:
        import json as encoder

        from likeness.parameters.describe import oscquery_tree

        print(encoder.dumps(oscquery_tree(store), indent=2))
    elif markdown:
        from likeness.parameters.describe import markdown_table

        print(markdown_table(store), end="")
    else:
        for address, param in store.params():
            print(f"{address:40} {param.range()}")
