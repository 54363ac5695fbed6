"""What a stack file says of its server reaches it."""

from __future__ import annotations

import httpx

from provision.verify.mcp_session import ask
from tests.support.outside import logged_in, outside


def test_the_limit_the_metrics_and_the_origins_of_the_stack_file_hold(stack):
    stack.change_config(
        "provision:profile: test",
        "provision:profile: test\n  provision:server:\n    requestsPerMinute: 60\n    burstRequests: 3\n"
        "    metrics: true\n    allowedOrigins: ['https://inspector.example.org']",
    )
    stack.run("up")
    assert stack.json("preview", "--refresh")["changes"] == []
    with outside(stack) as context:
        url, token = context.target.server_url, logged_in(context).access_token
        origin = {"Origin": "https://inspector.example.org"}
        answers = [ask(context.http, url, token) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert int(answers[-1].headers["Retry-After"]) >= 1
        page = httpx.get(url.removesuffix("/mcp") + "/metrics", trust_env=False).text
        assert 'mcp_refusals_total{reason="rate_limited"} 1.0' in page
        allowed = httpx.options(
            url, headers=origin | {"Access-Control-Request-Method": "POST"}, trust_env=False
        )
        assert allowed.headers["Access-Control-Allow-Origin"] == "https://inspector.example.org"
