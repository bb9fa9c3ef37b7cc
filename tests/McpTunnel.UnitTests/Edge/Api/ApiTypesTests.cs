using McpTunnel.Edge.Admin;
using McpTunnel.Edge.Enrolment;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Edge.Api;

public sealed class ApiTypesTests
{
    [Test]
    public void No_text_of_a_type_with_a_secret_in_it_has_the_secret()
    {
        var token = new TokenView("tok_x", "tnl_x", "0123", default, null, null, true);
        var key = new AdminKeyView("adk_x", "ops", default, default, null);

        Assert.Multiple(() =>
        {
            Assert.That(new EnrolmentRequest("mct_secret", "csr").ToString(), Does.Contain("3 characters").And.Not.Contain("secret"));
            Assert.That(new IssuedTokenView("mct_secret", token, 0).ToString(), Does.Contain("tok_x").And.Not.Contain("secret"));
            Assert.That(new IssuedAdminKeyView("mca_secret", key).ToString(), Does.Contain("adk_x").And.Not.Contain("secret"));
        });
    }
}
