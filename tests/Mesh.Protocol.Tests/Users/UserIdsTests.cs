namespace Mesh.Protocol.Tests.Users;

/// <summary>Protocol §11: what an identifier may return, and the id that it becomes.</summary>
public class UserIdsTests
{
    // The right column is what String(number) gives in JavaScript.
    [Theory]
    [InlineData("0", "0")]
    [InlineData("-0", "0")]
    [InlineData("0.0", "0")]
    [InlineData("1", "1")]
    [InlineData("1.0", "1")]
    [InlineData("-7", "-7")]
    [InlineData("42e0", "42")]
    [InlineData("1e2", "100")]
    [InlineData("120e-1", "12")]
    [InlineData("0.1", "0.1")]
    [InlineData("0.10", "0.1")]
    [InlineData("1.5", "1.5")]
    [InlineData("-1234.5678", "-1234.5678")]
    [InlineData("100.25", "100.25")]
    [InlineData("0.3", "0.3")]
    [InlineData("0.30000000000000004", "0.30000000000000004")]
    [InlineData("1e-5", "0.00001")]
    [InlineData("0.000001", "0.000001")]
    [InlineData("0.0000001", "1e-7")]
    [InlineData("1.5e-7", "1.5e-7")]
    [InlineData("123456789012345680000", "123456789012345680000")]
    [InlineData("999999999999999900000", "999999999999999900000")]
    [InlineData("1e21", "1e+21")]
    [InlineData("-1.25e30", "-1.25e+30")]
    [InlineData("9007199254740991", "9007199254740991")]
    [InlineData("9007199254740993", "9007199254740992")]
    [InlineData("12345678901234567890", "12345678901234567000")]
    [InlineData("1.7976931348623157e308", "1.7976931348623157e+308")]
    [InlineData("5e-324", "5e-324")]
    [InlineData("\"7\"", "7")]
    [InlineData("\"\"", "")]
    [InlineData("\"\\u00e9\\n\\\\\\\"\\/\"", "é\n\\\"/")]
    [InlineData("\"\\ud83c\\udf89\"", "🎉")]
    public void Strings_and_numbers_become_ids(string json, string id) => UserIds.FromJson(RawJson.FromText(json)).ShouldBe(id);

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("false")]
    [InlineData("[]")]
    [InlineData("[\"u1\"]")]
    [InlineData("{\"id\":\"u1\"}")]
    [InlineData("1e400")]
    public void Anything_else_is_no_id(string json) => UserIds.FromJson(RawJson.FromText(json)).ShouldBeNull();

    [Fact]
    public void A_lone_surrogate_stays_one() => UserIds.FromJson(RawJson.FromText("\"\\ud83c\"")).ShouldBe("\ud83c");

    [Fact]
    public void The_string_of_a_number_means_that_number() =>
        Gen.Double.Where(double.IsFinite).Sample(number =>
            double.Parse(UserIds.FromNumber(number)!, System.Globalization.CultureInfo.InvariantCulture) == number, iter: 10_000);

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void What_is_no_number_is_no_id(double number) => UserIds.FromNumber(number).ShouldBeNull();
}
