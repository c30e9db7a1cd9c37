namespace Mesh.Protocol.Tests.Vectors;

/// <summary>Protocol §11: the view by user.</summary>
public class UserViewVectors
{
    public const string FileName = "user-view.json";

    public static IEnumerable<TheoryDataRow<string>> Names => VectorFile.Rows<UserViewCase>(FileName);

    [Theory]
    [MemberData(nameof(Names))]
    public void The_view_shows_just_that(string name)
    {
        var (_, identifier, steps) = VectorFile.Case<UserViewCase>(FileName, name);
        var run = new UserViewRun(identifier);
        foreach (var (at, step) in steps.Index())
        {
            if (step.Roster is not null) run.Take(step.Roster);
            else if (step.Diff is not null) run.Take(step.Diff);
            else run.Answer(step.Answer.ShouldNotBeNull().ConnectionId, step.Answer.Stamp, step.Answer.Id);

            if (step.Users is { } users) run.Users.ShouldBe(users.Select(user => user.ToEntry()), $"users after step {at}");
            if (step.Asked is { } asked)
                run.Asked.Select(member => member.ConnectionId).ShouldBe(asked, StringComparer.Ordinal, ignoreOrder: true, $"asked in step {at}");
        }
    }
}
